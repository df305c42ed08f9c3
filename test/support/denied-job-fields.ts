const probe = { httpGet: { host: 'example.com', port: 80 } };
const indexed = { completionMode: 'Indexed', completions: 1 };
const scratch = { name: 'a', emptyDir: { sizeLimit: '1Mi' } };

/**
 * Every field that manifests/core/job-policy.yaml denies, by the kind of object. Each has a value that the API server accepts, with the
 * further fields that this value needs.
 */
export const DENIED_FIELDS = {
  jobFields: {
    backoffLimitPerIndex: { backoffLimitPerIndex: 1, ...indexed },
    managedBy: { managedBy: 'example.com/other' },
    maxFailedIndexes: { maxFailedIndexes: 1, backoffLimitPerIndex: 1, ...indexed },
    ttlSecondsAfterFinished: { ttlSecondsAfterFinished: 60 },
    successPolicy: { successPolicy: { rules: [{ succeededCount: 1 }] }, ...indexed },
  },
  templateFields: {},
  templateMetadataFields: {
    annotations: { annotations: { a: 'b' } },
    deletionGracePeriodSeconds: { deletionGracePeriodSeconds: 1 },
    deletionTimestamp: { deletionTimestamp: '2026-11-24T11:00:00Z' },
    finalizers: { finalizers: ['example.com/forever'] },
    generateName: { generateName: 'a' },
    generation: { generation: 1 },
    managedFields: { managedFields: [{ manager: 'a' }] },
    name: { name: 'a' },
    namespace: { namespace: 'a' },
    ownerReferences: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'a', uid: 'a' }] },
    resourceVersion: { resourceVersion: '1' },
    selfLink: { selfLink: 'a' },
    uid: { uid: 'a' },
  },
  podFields: {
    ephemeralContainers: {
      ephemeralContainers: [{ name: 'b', image: 'b', imagePullPolicy: 'Always', terminationMessagePolicy: 'File' }],
    },
    hostIPC: { hostIPC: true },
    hostNetwork: { hostNetwork: true },
    hostPID: { hostPID: true },
    hostUsers: { hostUsers: true },
    hostname: { hostname: 'a' },
    hostnameOverride: { hostnameOverride: 'a' },
    initContainers: { initContainers: [{ name: 'b', image: 'b' }] },
    nodeName: { nodeName: 'a' },
    os: { os: { name: 'linux' } },
    overhead: { overhead: { cpu: '1' } },
    preemptionPolicy: { preemptionPolicy: 'Never' },
    priority: { priority: 1 },
    readinessGates: { readinessGates: [{ conditionType: 'example.com/a' }] },
    resourceClaims: { resourceClaims: [{ name: 'a', resourceClaimName: 'a' }] },
    resources: { resources: { limits: { cpu: '8' } } },
    schedulingGates: { schedulingGates: [{ name: 'example.com/a' }] },
    schedulingGroup: { schedulingGroup: { podGroupName: 'a' } },
    setHostnameAsFQDN: { setHostnameAsFQDN: true },
    shareProcessNamespace: { shareProcessNamespace: true },
    subdomain: { subdomain: 'a' },
  },
  podSecurityFields: {
    appArmorProfile: { appArmorProfile: { type: 'Unconfined' } },
    fsGroupChangePolicy: { fsGroupChangePolicy: 'Always' },
    seLinuxChangePolicy: { seLinuxChangePolicy: 'Recursive' },
    seLinuxOptions: { seLinuxOptions: { type: 'spc_t' } },
    supplementalGroupsPolicy: { supplementalGroupsPolicy: 'Merge' },
    sysctls: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] },
    windowsOptions: { windowsOptions: { runAsUserName: 'a' } },
  },
  containerFields: {
    lifecycle: { lifecycle: { postStart: probe } },
    livenessProbe: { livenessProbe: probe },
    ports: { ports: [{ containerPort: 80 }] },
    readinessProbe: { readinessProbe: probe },
    resizePolicy: { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }] },
    restartPolicy: { restartPolicy: 'Always' },
    restartPolicyRules: {
      restartPolicy: 'Never',
      restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }],
    },
    startupProbe: { startupProbe: probe },
    stdin: { stdin: true },
    stdinOnce: { stdinOnce: true },
    tty: { tty: true },
    volumeDevices: { volumeDevices: [{ name: 'a', devicePath: '/dev/a' }] },
  },
  containerSecurityFields: {
    appArmorProfile: { appArmorProfile: { type: 'Unconfined' } },
    privileged: { privileged: false },
    procMount: { procMount: 'Default' },
    runAsGroup: { runAsGroup: 1 },
    runAsNonRoot: { runAsNonRoot: true },
    runAsUser: { runAsUser: 1 },
    seLinuxOptions: { seLinuxOptions: { type: 'spc_t' } },
    seccompProfile: { seccompProfile: { type: 'Unconfined' } },
    windowsOptions: { windowsOptions: { runAsUserName: 'a' } },
  },
  resourcesFields: { claims: { claims: [{ name: 'a' }] } },
  envFields: {},
  valueFromFields: { fileKeyRef: { fileKeyRef: { volumeName: 'a', path: 'a', key: 'a' } } },
  envFromFields: {},
  volumeMountFields: {
    mountPropagation: { mountPropagation: 'HostToContainer' },
    recursiveReadOnly: { readOnly: true, recursiveReadOnly: 'IfPossible' },
    subPathExpr: { subPathExpr: 'a' },
  },
  volumeFields: {
    awsElasticBlockStore: { awsElasticBlockStore: { volumeID: 'a' } },
    azureDisk: { azureDisk: { diskName: 'a', diskURI: 'https://disk.example' } },
    azureFile: { azureFile: { secretName: 'a', shareName: 'a' } },
    cephfs: { cephfs: { monitors: ['192.0.2.1'] } },
    cinder: { cinder: { volumeID: 'a' } },
    csi: { csi: { driver: 'csi.example' } },
    downwardAPI: { downwardAPI: { items: [{ path: 'a', fieldRef: { fieldPath: 'metadata.name' } }] } },
    ephemeral: {
      ephemeral: {
        volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
      },
    },
    fc: { fc: { wwids: ['a'] } },
    flexVolume: { flexVolume: { driver: 'flex.example/a' } },
    flocker: { flocker: { datasetUUID: 'a' } },
    gcePersistentDisk: { gcePersistentDisk: { pdName: 'a' } },
    gitRepo: { gitRepo: { repository: 'https://git.example/a' } },
    glusterfs: { glusterfs: { endpoints: 'a', path: 'a' } },
    hostPath: { hostPath: { path: '/' } },
    image: { image: { reference: 'registry.example/a', pullPolicy: 'IfNotPresent' } },
    iscsi: { iscsi: { targetPortal: '192.0.2.1', iqn: 'iqn.2026-11.example:a', lun: 0 } },
    nfs: { nfs: { server: '192.0.2.1', path: '/a' } },
    photonPersistentDisk: { photonPersistentDisk: { pdID: 'a' } },
    portworxVolume: { portworxVolume: { volumeID: 'a' } },
    quobyte: { quobyte: { registry: '192.0.2.1:80', volume: 'a' } },
    rbd: { rbd: { monitors: ['192.0.2.1'], image: 'a' } },
    scaleIO: { scaleIO: { gateway: 'a', system: 'a', secretRef: { name: 'a' }, volumeName: 'a' } },
    storageos: { storageos: { volumeName: 'a', volumeNamespace: 'a' } },
    vsphereVolume: { vsphereVolume: { volumePath: 'a' } },
  },
  emptyDirFields: { medium: { medium: 'Memory' } },
  projectionFields: {
    clusterTrustBundle: { clusterTrustBundle: { name: 'a', path: 'a' } },
    downwardAPI: { downwardAPI: { items: [{ path: 'a', fieldRef: { fieldPath: 'metadata.name' } }] } },
    podCertificate: {
      podCertificate: { signerName: 'signer.example/a', keyType: 'ED25519', credentialBundlePath: 'a' },
    },
    serviceAccountToken: { serviceAccountToken: { path: 'token' } },
  },
  topologySpreadFields: {
    matchLabelKeys: { matchLabelKeys: ['a'], labelSelector: {} },
    nodeAffinityPolicy: { nodeAffinityPolicy: 'Ignore' },
    nodeTaintsPolicy: { nodeTaintsPolicy: 'Honor' },
  },
  podAffinityTermFields: {
    matchLabelKeys: { matchLabelKeys: ['a'], labelSelector: {} },
    mismatchLabelKeys: { mismatchLabelKeys: ['a'], labelSelector: {} },
    namespaceSelector: { namespaceSelector: {} },
    namespaces: { namespaces: ['kube-system'] },
  },
} satisfies Record<string, Record<string, object>>;

/** Pods with these fields are denied by a rule of their own. */
export const DENIED_BY_ANOTHER_RULE: Record<string, RegExp> = {
  'jobFields backoffLimitPerIndex': /not indexed/,
  'jobFields maxFailedIndexes': /not indexed/,
  'jobFields successPolicy': /not indexed/,
  // The API server accepts claims only beside resourceClaims of the pod.
  'resourcesFields claims': /no other fields of the pod /,
};

/** Fields of the pod that a field of the container needs. */
export const NEEDED_OF_THE_POD: Record<string, object> = {
  claims: { resourceClaims: [{ name: 'a', resourceClaimName: 'a' }] },
  volumeDevices: { volumes: [{ name: 'a', persistentVolumeClaim: { claimName: 'a' } }] },
  fileKeyRef: { volumes: [scratch] },
};
