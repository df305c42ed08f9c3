// The fields of Kubernetes objects that the controller reads.

export interface Meta {
  name: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  annotations?: Record<string, string>;
  labels?: Record<string, string>;
  ownerReferences?: { uid: string; kind: string; name?: string; controller?: boolean }[];
}

export interface JobCondition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

export interface Job {
  metadata: Meta;
  spec?: { suspend?: boolean };
  status?: {
    conditions?: JobCondition[];
    active?: number;
    failed?: number;
    terminating?: number;
    startTime?: string | null;
  };
}

export interface Terminated {
  exitCode: number;
  reason?: string;
  message?: string;
  startedAt?: string | null;
  finishedAt?: string | null;
}

export interface ContainerStatus {
  name: string;
  state?: {
    waiting?: { reason?: string; message?: string };
    running?: { startedAt?: string };
    terminated?: Terminated;
  };
}

export interface Pod {
  metadata: Meta;
  spec?: { nodeName?: string };
  status?: {
    phase?: string;
    reason?: string;
    message?: string;
    conditions?: JobCondition[];
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
    ephemeralContainerStatuses?: ContainerStatus[];
  };
}

/** A core/v1 Event about an object. */
export interface Event {
  metadata: Meta;
  involvedObject: { name?: string; uid?: string };
  reason?: string;
  message?: string;
  lastTimestamp?: string | null;
  /** Set by recorders of events.k8s.io, which leave lastTimestamp empty. */
  eventTime?: string | null;
  series?: { lastObservedTime?: string | null } | null;
}
