export { CloudRunV2Job } from "@cdktf/provider-google/lib/cloud-run-v2-job/index.js";
export { CloudRunV2JobIamMember } from "@cdktf/provider-google/lib/cloud-run-v2-job-iam-member/index.js";
export { CloudRunV2WorkerPool } from "@cdktf/provider-google/lib/cloud-run-v2-worker-pool/index.js";
