export { CloudFunction, type CloudFunctionProps } from "./function";
