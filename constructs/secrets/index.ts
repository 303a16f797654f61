export { type ISecret, Secret, type SecretProps } from "./secret";
