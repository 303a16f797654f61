export { StorageBucket } from "@cdktf/provider-google/lib/storage-bucket/index.js";
export { StorageBucketIamMember } from "@cdktf/provider-google/lib/storage-bucket-iam-member/index.js";
export { StorageBucketObject } from "@cdktf/provider-google/lib/storage-bucket-object/index.js";
export { StorageNotification } from "@cdktf/provider-google/lib/storage-notification/index.js";
