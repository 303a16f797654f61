export { Bucket, type BucketProps, type IBucket } from "./bucket";
export { BucketObject, type BucketObjectProps } from "./object";
