import assert from "node:assert/strict";
import { test } from "node:test";

import { apiQuery, fieldOf, isNarrowed, readFilters, withoutFilters, writeFilters } from "../../crates/collector/viewer/model/filters.js";
import { fromField, toField } from "../../crates/collector/viewer/model/local-time.js";
import { formatTags, parseTags, tagQuery } from "../../crates/collector/viewer/model/tags.js";

test("a URL's filters are written as they were read, without what goes without saying", () => {
  for (const query of [
    "",
    "service=a+b%26&operation=%3Call%3E",
    "tags=%7B%22error%22%3A%22true%22%2C%22a+b%22%3A%22x%3D%5C%22y%5C%22%22%7D",
    "minDuration=1ms&maxDuration=2s&lookback=1h",
    "start=1700000000000001&end=1700000000000002",
    "limit=20&sort=longest",
    "minDuration=5&lookback=soon&limit=many",
  ]) {
    assert.equal(writeFilters(readFilters(`?${query}`)), query);
  }
  const read = readFilters("?unheard=of&limit=200&sort=newest&lookback=custom&start=&service=web");
  assert.equal(writeFilters(read), "service=web");
});

test("what the list cannot do is not asked for", () => {
  assert.equal(readFilters("?limit=99999999").limit, "1500");
  assert.equal(readFilters("?sort=random").sort, "newest");
  assert.equal(readFilters("?start=5&lookback=1h").lookback, "", "a time from when on says more than how long ago");
});

test("the collector is asked for all but the order", () => {
  const asked = new URLSearchParams(apiQuery(readFilters("?service=web&sort=errors&tags=%7B%22n%22%3A%221%22%7D")));
  assert.deepEqual(Object.fromEntries(asked), { service: "web", tags: '{"n":"1"}', limit: "200" });
});

test("order and length do not narrow a list", () => {
  assert.equal(isNarrowed(readFilters("?sort=longest&limit=20")), false);
  assert.equal(isNarrowed(readFilters("?lookback=1h")), true);
  assert.equal(writeFilters(withoutFilters(readFilters("?service=a&start=1&limit=20&sort=spans"))), "limit=20&sort=spans");
});

test("the collector's words belong to the field whose parameter they name", () => {
  for (const [message, field] of [
    ["parameter 'minDuration' must be a duration such as 100ms, 1.2s or 1h30m, not \"5\"", "minDuration"],
    ["'maxDuration' should be greater than 'minDuration'", "maxDuration"],
    ["malformed 'tag' parameter, expecting key:value, received: k", "tags"],
    ["there are 65 tags; ask for at most 64", "tags"],
    ["'start' must not be after 'end'; both are microseconds since 1970", "start"],
    ["the answer could not be written", ""],
    ["parameter 'constructor' is odd", ""],
  ]) {
    assert.equal(fieldOf(message), field, message);
  }
});

test("tags are read as they are typed", () => {
  for (const [text, tags] of [
    ["", {}],
    ["  error=true ", { error: "true" }],
    ['http.method=GET url="a b"\n empty= last="x=\\"y\\" \\\\ \\n"', { "http.method": "GET", url: "a b", empty: "", last: 'x="y" \\ \n' }],
    ['"a key"=1 a="b=c"', { "a key": "1", a: "b=c" }],
    ["k=1 k=2", { k: "2" }],
    ["ключ=значение url=/a?b=c", { ключ: "значение", url: "/a?b=c" }],
  ]) {
    assert.deepEqual(parseTags(text), tags, text);
  }
  assert.equal(JSON.stringify(parseTags("__proto__=1 constructor=2")), '{"__proto__":"1","constructor":"2"}');
});

test("tags that are none are said to be", () => {
  for (const [text, words] of [
    ["error", /key=value.*“error” is none/], ["=x", /is none/], ["a b=c", /“a” is none/], ['a="b', /not closed/],
    ['a="b"c', /a space/], ['a=b"c"', /a space/],
  ]) {
    assert.throws(() => parseTags(text), words, text);
  }
});

test("tags are written so that they are read again", () => {
  for (const tags of [{ a: "b" }, { "a b": "" }, { a: 'x="y" \\ \n\r\t z' }, { url: "/a?b=c" }]) {
    assert.deepEqual(parseTags(formatTags(tags)), tags);
  }
});

test("a field of local time keeps the microseconds that it cannot show", () => {
  const micros = "1700000000123456";
  const field = toField(micros);
  assert.match(field, /^2023-11-1[45]T\d\d:\d\d:20\.123$/);
  assert.equal(fromField(field, micros), micros);
  assert.equal(fromField(field), "1700000000123000");
  assert.equal(fromField("", micros), "");
  assert.equal(toField("soon"), "");
  assert.equal(toField("99999999999999999999999"), "");
});

test("what is shown of a list or map is typed as it is shown", () => {
  for (const [text, tags] of [
    ['map={"a b":[1,"]"]} x=1', { map: '{"a b":[1,"]"]}', x: "1" }],
    ['list=["a"]', { list: '["a"]' }],
    ["route={id}/x", { route: "{id}/x" }],
    ["route={id", { route: "{id" }],
    ['""=x', { "": "x" }],
  ]) {
    assert.deepEqual(parseTags(text), tags, text);
  }
  assert.equal(formatTags({ map: '{"a b":[1]}' }), 'map={"a b":[1]}');
});

test("any tag is read as it was written, and asked for as it is", () => {
  let seed = 1;
  const below = (end) => (seed = (seed * 48271) % 2147483647) % end;
  const letters = ['"', "\\", "=", " ", "\n", "\t", "{", "}", "[", "]", ",", ":", "a", "é", "\u00a0", "\ufeff", "\u{1f600}", "\0"];
  const text = () => Array.from({ length: below(7) }, () => letters[below(letters.length)]).join("");
  for (let round = 0; round < 20_000; round += 1) {
    const tags = { [text()]: text(), [`b${text()}`]: text() };
    assert.deepEqual(parseTags(formatTags(tags)), tags, JSON.stringify(tags));
    const [[key, value]] = Object.entries(tags);
    assert.deepEqual(parseTags(readFilters(`?${tagQuery(key, value)}`).tags), { [key]: value });
  }
});
