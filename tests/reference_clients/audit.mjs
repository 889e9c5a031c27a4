// The GraphQL-over-HTTP audits against one endpoint: node audit.mjs URL. Prints every result as JSON.
import { auditServer } from "graphql-http";

const results = await auditServer({ url: process.argv[2] });
process.stdout.write(JSON.stringify(results.map(({ id, name, status, reason }) => ({ id, name, status, reason }))));
