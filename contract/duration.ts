export { type Duration, milliseconds } from "../language/duration";
