// The least that a Worker can do: what the measurements of ours are compared with.
const body = JSON.stringify({ status: "ok" });
const headers = { "content-type": "application/json" };

export default { fetch: () => new Response(body, { headers }) };
