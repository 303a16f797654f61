export { Bucket, type BucketProps, type IBucket } from "./bucket";
export { BucketNotification, type BucketNotificationProps, type ObjectEvent } from "./notification";
export { BucketObject, type BucketObjectProps } from "./object";
