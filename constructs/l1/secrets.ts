export { SecretManagerSecretIamMember } from "@cdktf/provider-google/lib/secret-manager-secret-iam-member/index.js";
export { SecretManagerSecret } from "@cdktf/provider-google/lib/secret-manager-secret/index.js";
