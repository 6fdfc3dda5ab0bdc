// As much of OpenAPI 3.1 as the Worker's own description uses.

export interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  format?: string;
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  oneOf?: Schema[];
  allOf?: Schema[];
  anyOf?: Schema[];
  default?: unknown;
  minimum?: number;
  maximum?: number;
}

export interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  tags?: string[];
  security?: Record<string, string[]>[];
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema?: Schema }[];
  requestBody?: { required?: boolean; content: Record<string, { schema: Schema }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema }> }>;
}

export interface ApiDocument {
  info: { title: string; version: string; summary?: string; description?: string };
  tags?: { name: string; description?: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; securitySchemes: Record<string, { description?: string }> };
}

export interface Route extends Operation {
  method: string;
  path: string;
}

/** The operations by tag, in the order of the document. */
export function groups(document: ApiDocument): { name: string; description: string; routes: Route[] }[] {
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, path, method: method.toUpperCase() })),
  );
  return (document.tags ?? [])
    .map(({ name, description = "" }) => ({ name, description, routes: routes.filter(({ tags }) => tags?.includes(name)) }))
    .filter((group) => group.routes.length > 0);
}

export interface Field {
  /** Dotted; `[]` marks the entries of a list. */
  name: string;
  depth: number;
  type: string;
  required: boolean;
  description: string;
}

/** Every member of an object, those within it after it. A type within itself is not gone into again. */
export function fields(document: ApiDocument, schema: Schema, prefix = "", depth = 0, above: Schema[] = []): Field[] {
  const own = resolve(document, schema);
  if (above.includes(own) || depth > 6) return [];
  const found: Field[] = [];
  for (const part of own.allOf ?? []) found.push(...fields(document, part, prefix, depth, [...above, own]));
  for (const [name, member] of Object.entries(own.properties ?? {})) {
    const inner = resolve(document, member);
    const list = inner.items !== undefined;
    const path = `${prefix}${name}${list ? "[]" : ""}`;
    found.push({
      name: path,
      depth,
      type: typeName(document, member),
      required: own.required?.includes(name) ?? false,
      description: member.description ?? inner.description ?? "",
    });
    found.push(...fields(document, objectIn(document, list ? (inner.items ?? {}) : member), `${path}.`, depth + 1, [...above, own]));
  }
  return found;
}

export function typeName(document: ApiDocument, schema: Schema): string {
  const own = resolve(document, schema);
  if (own.const !== undefined) return JSON.stringify(own.const);
  if (own.enum) return own.enum.map((value) => JSON.stringify(value)).join(" | ");
  const parts = own.oneOf ?? own.anyOf;
  if (parts) return [...new Set(parts.map((part) => typeName(document, part)))].join(" | ");
  if (own.items) return `list of ${typeName(document, own.items)}`;
  const types = [own.type ?? "object"].flat();
  return types.map((type) => (own.format && type !== "null" ? `${type} (${own.format})` : type)).join(" | ");
}

/** A value that an object of this schema could have: what an example shows. */
export function example(document: ApiDocument, schema: Schema, depth = 0): unknown {
  const own = resolve(document, schema);
  if (own.const !== undefined) return own.const;
  if (own.enum) return own.enum[0];
  if (depth > 6) return null;
  const [first] = own.oneOf ?? own.anyOf ?? [];
  if (first) return example(document, first, depth + 1);
  if (own.items) return [example(document, own.items, depth + 1)];
  if (own.properties ?? own.allOf) {
    const merged: Record<string, unknown> = {};
    for (const part of own.allOf ?? []) Object.assign(merged, example(document, part, depth + 1));
    for (const [name, member] of Object.entries(own.properties ?? {})) {
      if (own.required?.includes(name) ?? false) merged[name] = EXAMPLES[name] ?? example(document, member, depth + 1);
    }
    return merged;
  }
  const [type] = [own.type ?? "string"].flat();
  return type === "integer" || type === "number" ? (own.minimum ?? 1) : type === "boolean" ? true : "...";
}

function objectIn(document: ApiDocument, schema: Schema): Schema {
  const own = resolve(document, schema);
  const inner = (own.oneOf ?? own.anyOf ?? []).map((part) => resolve(document, part)).find(({ properties }) => properties);
  return inner ?? own;
}

function resolve(document: ApiDocument, schema: Schema): Schema {
  const name = schema.$ref?.replace("#/components/schemas/", "");
  return name === undefined ? schema : (document.components.schemas[name] ?? {});
}

const EXAMPLES: Record<string, unknown> = {
  email: "ada@example.com",
  password: "quiet harbour, nine kites",
  text: "Was this written by a machine?",
};
