export { CloudRunV2Service } from "@cdktf/provider-google/lib/cloud-run-v2-service/index.js";
export { CloudRunV2ServiceIamMember } from "@cdktf/provider-google/lib/cloud-run-v2-service-iam-member/index.js";
