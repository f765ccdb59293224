package main

import (
	"log"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
)

// The parts of OTLP JSON that the document has.
type document struct {
	Traces struct {
		ResourceSpans []struct{ ScopeSpans []scoped }
	}
	Logs struct {
		ResourceLogs []struct{ ScopeLogs []scoped }
	}
	Metrics struct {
		ResourceMetrics []struct{ ScopeMetrics []scoped }
	}
}

type scoped struct {
	Scope      struct{ Name, Version string }
	SchemaURL  string
	Spans      []span
	LogRecords []record
	Metrics    []metricOf
}

type span struct {
	TraceID, SpanID, ParentSpanID, TraceState, Name string
	Kind                                            int
	Start                                           int64 `json:"startTimeUnixNano,string"`
	End                                             int64 `json:"endTimeUnixNano,string"`
	Attributes                                      []pair
	Events                                          []struct {
		Time       int64 `json:"timeUnixNano,string"`
		Name       string
		Attributes []pair
	}
	Links []struct {
		TraceID, SpanID, TraceState string
		Attributes                  []pair
	}
	Status struct {
		Code    int
		Message string
	}
}

type record struct {
	Time                            int64 `json:"timeUnixNano,string"`
	ObservedTime                    int64 `json:"observedTimeUnixNano,string"`
	SeverityNumber                  int
	SeverityText, EventName, SpanID string
	Body                            value
	Attributes                      []pair
}

type metricOf struct {
	Name, Unit, Description string
	Sum                     struct {
		IsMonotonic bool
		DataPoints  []point
	}
	Gauge, Histogram struct{ DataPoints []point }
}

type point struct {
	Attributes []pair
	Int        string   `json:"asInt"`
	Double     *float64 `json:"asDouble"`
	Recorded   []float64
}

type pair struct {
	Key   string
	Value value
}

type value struct {
	String *string                   `json:"stringValue"`
	Bool   *bool                     `json:"boolValue"`
	Int    string                    `json:"intValue"`
	Double *float64                  `json:"doubleValue"`
	Array  *struct{ Values []value } `json:"arrayValue"`
	Map    *struct{ Values []pair }  `json:"kvlistValue"`
}

func (of value) integer() int64 {
	number, err := strconv.ParseInt(of.Int, 10, 64)
	if err != nil {
		log.Fatal(err)
	}
	return number
}

func (of value) attribute() attribute.Value {
	switch {
	case of.String != nil:
		return attribute.StringValue(*of.String)
	case of.Bool != nil:
		return attribute.BoolValue(*of.Bool)
	case of.Double != nil:
		return attribute.Float64Value(*of.Double)
	case of.Array != nil:
		return slice(of.Array.Values)
	case of.Map != nil:
		return attribute.MapValue(attributes(of.Map.Values)...)
	default:
		return attribute.Int64Value(of.integer())
	}
}

// slice has values of one type, as all the arrays of the document.
func slice(values []value) attribute.Value {
	var texts []string
	var bools []bool
	var doubles []float64
	var integers []int64
	for _, one := range values {
		switch {
		case one.String != nil:
			texts = append(texts, *one.String)
		case one.Bool != nil:
			bools = append(bools, *one.Bool)
		case one.Double != nil:
			doubles = append(doubles, *one.Double)
		default:
			integers = append(integers, one.integer())
		}
	}
	switch {
	case texts != nil:
		return attribute.StringSliceValue(texts)
	case bools != nil:
		return attribute.BoolSliceValue(bools)
	case doubles != nil:
		return attribute.Float64SliceValue(doubles)
	default:
		return attribute.Int64SliceValue(integers)
	}
}
