/** The parts of Jobs and Pods that the controller reads, as JSON has them. */
export interface Meta {
  name: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp?: string;
  labels?: Record<string, string>;
  ownerReferences?: { uid: string; kind: string; controller?: boolean }[];
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
  spec?: { suspend?: boolean; backoffLimit?: number };
  status?: { conditions?: JobCondition[]; failed?: number; active?: number; startTime?: string };
}

export interface Terminated {
  exitCode: number;
  reason?: string;
  message?: string;
  startedAt?: string | null;
  finishedAt?: string | null;
}

export interface ContainerStatus {
  state?: {
    waiting?: { reason?: string; message?: string };
    running?: { startedAt?: string };
    terminated?: Terminated;
  };
}

export interface Pod {
  metadata: Meta;
  status?: {
    phase?: string;
    reason?: string;
    message?: string;
    conditions?: JobCondition[];
    containerStatuses?: ContainerStatus[];
  };
}
