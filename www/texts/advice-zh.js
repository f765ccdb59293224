// The library's advice in Chinese, sentence by sentence as its source has them; {names} and {} are values, in their order. What is not
// here stays English.

export const advice = {
  "{} answers, but does not allow requests from this page's origin, {page}.": "{} 有应答，但不允许来自此页面的来源 {} 的请求。",
  "Allow it there, with the headers in use.": "请在那里允许它，以及所用的请求头。",
  "Either nothing answers at {}, or it does not allow requests from this page's origin, {page}: the browser does not tell the two apart here.":
    "要么 {} 没有应答，要么它不允许来自此页面的来源 {} 的请求：浏览器在此处无法区分两者。",
  "Start a receiver there, and allow this origin with the headers in use.": "请在那里启动接收端，并允许此来源以及所用的请求头。",
  "{} allows requests from this page's origin, {page}, but not with these headers: {}.":
    "{} 允许来自此页面的来源 {} 的请求，但不允许以下请求头：{}。",
  "Allow them there.": "请在那里允许它们。",
  "Jaeger 1.x takes it from the environment:": "Jaeger 1.x 用环境变量设置：",
  "or as flags:": "或者用命令行参数：",
  "Jaeger 2 and the OpenTelemetry Collector take it as arguments:": "Jaeger 2 和 OpenTelemetry Collector 用以下参数：",
  "By its port, {port}, {what}; spans go to 4318, OTLP over HTTP:": "从端口 {} 看，{}；span 应发送到 4318，即 OTLP over HTTP：",
  "this is OTLP over gRPC, which browsers cannot speak": "这是 OTLP over gRPC，浏览器无法使用",
  "this is the viewer": "这是查看器",
  "It is an address of the visitor's own machine, and browsers may ask the visitor before a public page may call it.":
    "这是访问者自己机器的地址，公共页面访问它之前，浏览器可能会先询问访问者。",
  "{} answers with HTTP status {}:": "{} 以 HTTP 状态码 {} 应答：",
  "The page's Content-Security-Policy (an HTTP header or a meta element) does not let it connect to {origin}.":
    "此页面的 Content-Security-Policy（HTTP 头或 meta 元素）不允许连接到 {}。",
  "Add that to the directive connect-src, next to what stands there already:": "请把它加到 connect-src 指令已有的内容之后：",
  "Nothing answers at {origin}: no receiver runs there, or a firewall or a browser extension holds the requests back.":
    "{} 没有应答：那里没有运行接收端，或者请求被防火墙或浏览器扩展拦住了。",
  "Start Jaeger or an OpenTelemetry Collector with OTLP over HTTP on this port, or correct the endpoint.":
    "请在此端口启动支持 OTLP over HTTP 的 Jaeger 或 OpenTelemetry Collector，或者更正端点。",
  "A certificate that the browser does not trust looks the same: open the endpoint in a tab to see.":
    "浏览器不信任的证书看起来也是这样：在标签页中打开端点即可看到。",
  "This page came by https, and browsers block its requests to {}.": "此页面通过 https 提供，浏览器会拦截它发往 {} 的请求。",
  "Give the receiver an https endpoint, or a path on this page's own server.": "请给接收端一个 https 端点，或者此页面自己服务器上的一个路径。",
  "A request without spans got through to {} just after the failure: it was out of reach for a moment only, or the browser had too much under way.":
    "失败之后，一个不带 span 的请求成功到达了 {}：它只是暂时无法访问，或者浏览器当时的请求太多。",
  "There is nothing to do unless this comes again.": "如果不再发生，就无须处理。",
  "What is wrong could not be found out: a request without spans got no answer from {} in time.":
    "无法查明原因：一个不带 span 的请求没有及时得到 {} 的应答。",
  "Look at the browser's network tools for more.": "更多信息请查看浏览器的网络工具。",
  "What answers there sends requests elsewhere, such as to a login page or from http to https: give the endpoint at which the receiver itself answers, and what a login asks for in a header, such as authorization.":
    "那里把请求转到了别处，例如登录页面，或从 http 转到 https：请填写接收端本身应答的端点，并在请求头（例如 authorization）中给出登录所需的内容。",
  "Send what the receiver asks for in a header, such as authorization.": "请在请求头（例如 authorization）中发送接收端要求的内容。",
  "The receiver refuses: send what it asks for in a header, such as authorization, or have it allow this page's origin.":
    "接收端拒绝了：请在请求头（例如 authorization）中发送它要求的内容，或者让它允许此页面的来源。",
  "What answers there takes no OTLP over HTTP at this URL: check the endpoint (spans go to port 4318, the viewer is on 16686) and the path, /v1/traces by default.":
    "那里的这个 URL 不接收 OTLP over HTTP：请检查端点（span 发送到端口 4318，16686 是查看器）和路径，默认是 /v1/traces。",
  "The request was too long for the receiver: its records go in halves, but for one that is too long by itself.":
    "请求对接收端来说太长：其中的记录会分成两半再发送，单独一条就太长的除外。",
  "The receiver does not take OTLP as JSON, or not compressed: use one that does, or send uncompressed.":
    "接收端不接收 JSON 格式的 OTLP，或不接收压缩的请求：请换用能接收的，或者不压缩发送。",
  "What answers there takes no {words}, as a Jaeger does not: they are dropped, and spans are sent as before.":
    "那里不接收 {}，Jaeger 也不接收：它们会被丢弃，span 照常发送。",
  "Send them to an OpenTelemetry Collector, by an endpoint of their own if need be, or leave them out.":
    "请把它们发送到 OpenTelemetry Collector，必要时使用单独的端点，或者不再记录它们。",
  "Record less (a sampler can choose among spans), export more often, or make the queue larger.":
    "请减少记录（可用采样器选择 span）、更频繁地导出，或者加大队列。",
  "log records": "日志记录",
};
