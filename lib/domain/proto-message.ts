/** A protobuf message described for protobufjs (`Root.fromJSON`): its fields by name, each with its type and number. */
export const protoMessage = (
  fields: Readonly<Record<string, readonly [type: string, id: number, rule?: 'repeated']>>,
) => ({
  fields: Object.fromEntries(
    Object.entries(fields).map(([name, [type, id, rule]]) => [
      name,
      { type, id, ...(rule !== undefined && { rule }) },
    ]),
  ),
});
