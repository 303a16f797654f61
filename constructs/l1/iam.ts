export { ProjectIamMember } from "@cdktf/provider-google/lib/project-iam-member/index.js";
export { ServiceAccount as GoogleServiceAccount } from "@cdktf/provider-google/lib/service-account/index.js";
export { ServiceAccountIamMember } from "@cdktf/provider-google/lib/service-account-iam-member/index.js";
