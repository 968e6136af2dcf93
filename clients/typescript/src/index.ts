export { Yipii, type Answer, type Options, type PathsOf, type RequestOf } from "./client.js";
export { YipiiError } from "./error.js";
export { ApiKey, Tokens, type Credentials, type TokenSource } from "./token.js";
export type * from "./schema.js";
