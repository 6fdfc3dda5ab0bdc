// The least that a Worker can do, alone and with one query of D1: what the measurements of ours are compared with.
const body = JSON.stringify({ status: "ok" });
const headers = { "content-type": "application/json" };

export default {
  async fetch(request, env) {
    if (request.url.endsWith("/query")) {
      const row = await env.DB.prepare("SELECT ?1 AS id").bind("one").first();
      return Response.json(row);
    }
    return new Response(body, { headers });
  },
};
