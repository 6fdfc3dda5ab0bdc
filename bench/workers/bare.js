// The least that a Worker can do: alone, with one query of D1, and with a log line such as ours writes for each request.
// What the measurements of ours are compared with.
const body = JSON.stringify({ status: "ok" });
const headers = { "content-type": "application/json" };

const line = () =>
  JSON.stringify({
    body: "request",
    "http.request.method": "GET",
    "http.response.body.size": 15,
    "http.response.status_code": 200,
    "http.route": "/healthz",
    "http.server.request.duration_ms": 0,
    request_id: "01a20bc4-bed2-77a3-808b-fee0344e6ad2",
    "service.version": "0.1.0",
    severity_text: "INFO",
    span_id: "808bfee0344e6ad2",
    timestamp: new Date().toISOString(),
    trace_id: "01a20bc4bed277a3808bfee0344e6ad2",
  });

export default {
  async fetch(request, env) {
    if (request.url.endsWith("/query")) {
      const row = await env.DB.prepare("SELECT ?1 AS id").bind("one").first();
      return Response.json(row);
    }
    if (request.url.endsWith("/line")) console.log(line());
    return new Response(body, { headers });
  },
};
