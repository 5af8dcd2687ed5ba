/**
 * The feature gates whose value is fixed (LockToDefault in pkg/features of the module k8s.io/kubernetes, v1.19.16 to v1.37.2),
 * by the first minor version that fixes it. Those of 1.19 may be older.
 */
export const LOCKED_GATES: readonly (readonly [lockedIn: number, to: boolean, names: string])[] = [
  [
    19,
    true,
    `AttachVolumeLimit BlockVolume CSIBlockVolume CSIDriverRegistry CSINodeInfo DefaultIngressClass EvenPodsSpread
    NodeLease RotateKubeletClientCertificate ServiceLoadBalancerFinalizer TaintBasedEvictions
    VolumePVCDataSource WindowsGMSA WindowsRunAsUserName`,
  ],
  [
    20,
    true,
    `ExternalPolicyForExternalIP RuntimeClass SCTPSupport ServiceAppProtocol StartupProbe SupportNodePidsLimit
    SupportPodPidsLimit TokenRequest TokenRequestProjection VolumeSnapshotDataSource`,
  ],
  [21, false, 'LegacyNodeRoleBehavior'],
  [
    21,
    true,
    `AllowInsecureBackendProxy CRIContainerLogRotation EndpointSlice EndpointSliceNodeName ImmutableEphemeralVolumes
    NodeDisruptionExclusion PodDisruptionBudget RootCAConfigMap RunAsGroup ServiceAccountIssuerDiscovery
    ServiceNodeExclusion Sysctls`,
  ],
  [
    22,
    true,
    `BoundServiceAccountTokenVolume CSIServiceAccountToken CronJobControllerV2 EndpointSliceProxying
    HugePageStorageMediumSize NamespaceDefaultLabelName SetHostnameAsFQDN WarningHeaders
    WindowsEndpointSliceProxying`,
  ],
  [
    23,
    true,
    `CSIVolumeFSGroupPolicy ConfigurableFSGroupPolicy GenericEphemeralVolume IPv6DualStack
    IngressClassNamespacedParams StorageObjectInUseProtection TTLAfterFinished VolumeSubpath`,
  ],
  [
    24,
    true,
    `CSIMigrationOpenStack CSIStorageCapacity CSRDuration ControllerManagerLeaderMigration DefaultPodTopologySpread
    IndexedJob NonPreemptingPriority PodAffinityNamespaceSelector PodOverhead PreferNominatedNode
    ServiceLBNodePortControl ServiceLoadBalancerClass SuspendJob`,
  ],
  [
    25,
    true,
    `CSIInlineVolume CSIMigration CSIMigrationAWS CSIMigrationAzureDisk CSIMigrationGCE DaemonSetUpdateSurge
    DisableAcceleratorUsageMetrics EphemeralContainers IdentifyPodOS LocalStorageCapacityIsolation
    NetworkPolicyEndPort PodSecurity StatefulSetMinReadySeconds`,
  ],
  [
    26,
    true,
    `CPUManager DelegateFSGroupToCSIDriver DevicePlugins DryRun EndpointSliceTerminatingCondition
    JobTrackingWithFinalizers KubeletCredentialProviders MixedProtocolLBService ServerSideApply
    ServiceIPStaticSubrange ServiceInternalTrafficPolicy WindowsHostProcessContainers`,
  ],
  [
    27,
    true,
    `AdvancedAuditing CSIMigrationAzureFile CSIMigrationvSphere CronJobTimeZone DownwardAPIHugePages
    GRPCContainerProbe JobMutableNodeSchedulingDirectives LegacyServiceAccountTokenNoAutoGeneration OpenAPIV3
    SeccompDefault ServerSideFieldValidation TopologyManager`,
  ],
  [28, false, 'ExperimentalHostUserNamespaceDefaulting'],
  [
    28,
    true,
    `APISelfSubjectReview ExpandedDNSConfig IPTablesOwnershipCleanup KubeletPodResources
    KubeletPodResourcesGetAllocatable LegacyServiceAccountTokenTracking MinimizeIPTablesRestore
    NodeOutOfServiceVolumeDetach ProbeTerminationGracePeriod ProxyTerminatingEndpoints
    RetroactiveDefaultStorageClass`,
  ],
  [
    29,
    true,
    `APIListChunking APIPriorityAndFairness CSINodeExpandSecret CustomResourceValidationExpressions JobReadyPods
    KMSv2 KMSv2KDF ReadWriteOncePod ServiceNodePortStaticSubrange`,
  ],
  [
    30,
    true,
    `AdmissionWebhookMatchConditions AggregatedDiscoveryEndpoint CloudDualStackNodeIPs ConsistentHTTPGetHandlers
    EfficientWatchResumption HPAContainerMetrics LegacyServiceAccountTokenCleanUp MinDomainsInPodTopologySpread
    NewVolumeManagerReconstruction PodHostIPs PodSchedulingReadiness RemainingItemCount
    StableLoadBalancerNodeSet ValidatingAdmissionPolicy WatchBookmark ZeroLimitedNominalConcurrencyShares`,
  ],
  [
    31,
    true,
    `AppArmor AppArmorFields DevicePluginCDIDevices DisableCloudProviders DisableKubeletCloudCredentialProviders
    ElasticIndexedJob JobPodFailurePolicy KubeProxyDrainingTerminatingNodes LogarithmicScaleDown
    PDBUnhealthyPodEvictionPolicy PersistentVolumeLastPhaseTransitionTime PodDisruptionConditions
    StatefulSetStartOrdinal`,
  ],
  [32, false, 'AllowServiceLBStatusOnNonLB'],
  [
    32,
    true,
    `CronJobsScheduledAnnotation CustomResourceFieldSelectors LoadBalancerIPMode MemoryManager PodIndexLabel
    RetryGenerateName ServiceAccountTokenJTI ServiceAccountTokenNodeBindingValidation
    ServiceAccountTokenPodNodeInfo SizeMemoryBackedVolumes StatefulSetAutoDeletePVC StrictCostEnforcementForVAP
    StrictCostEnforcementForWebhooks StructuredAuthorizationConfiguration`,
  ],
  [33, false, 'WatchFromStorageWithoutResourceVersion'],
  [
    33,
    true,
    `AnyVolumeDataSource BtreeWatchCache CPUManagerPolicyOptions CRDValidationRatcheting CSIMigrationPortworx
    HonorPVReclaimPolicy JobBackoffLimitPerIndex JobSuccessPolicy MatchLabelKeysInPodAffinity NFTablesProxyMode
    NodeInclusionPolicyInPodTopologySpread RecursiveReadOnlyMounts ServiceAccountTokenNodeBinding
    ServiceTrafficDistribution SidecarContainers TopologyAwareHints`,
  ],
  [
    34,
    true,
    `APIServerTracing AnonymousAuthConfigurableEndpoints AuthorizeNodeWithSelectors AuthorizeWithSelectors
    ConsistentListFromCache JobPodReplacementPolicy KubeletCgroupDriverFromCRI KubeletTracing
    MultiCIDRServiceAllocator NodeSwap OrderedNamespaceDeletion PodLifecycleSleepAction
    PodLifecycleSleepActionAllowZero ProbeHostPodSecurityStandards RecoverVolumeExpansionFailure
    RelaxedDNSSearchValidation RelaxedEnvironmentVariableValidation ResilientWatchCacheInitialization
    SchedulerQueueingHints SeparateTaintEvictionController StreamingCollectionEncodingToJSON
    StreamingCollectionEncodingToProtobuf StructuredAuthenticationConfiguration WinDSR WinOverlay`,
  ],
  [35, false, 'AllowOverwriteTerminationGracePeriodSeconds'],
  [
    35,
    true,
    `AggregatedDiscoveryRemoveBetaType DisableAllocatorDualWrite DynamicResourceAllocation ExecProbeTimeout
    ImageMaximumGCAge InPlacePodVerticalScaling JobManagedBy PodObservedGenerationTracking
    PreferSameTrafficDistribution SupplementalGroupsPolicy SystemdWatchdog`,
  ],
  [36, false, 'GitRepoVolumeDriver SeparateCacheWatchRPC'],
  [
    36,
    true,
    `CSIServiceAccountTokenSecrets DRAAdminAccess DeclarativeValidation DisableNodeKubeProxyVersion
    ExternalServiceAccountTokenSigner ImageVolume KubeletFineGrainedAuthz KubeletPSI
    KubeletPodResourcesDynamicResources KubeletPodResourcesGet MutableCSINodeAllocatableCount NodeLogQuery
    ProcMountType SELinuxChangePolicy SELinuxMountReadWriteOncePod TopologyManagerPolicyOptions
    UserNamespacesSupport VolumeAttributesClass`,
  ],
  [37, false, 'DeclarativeValidationTakeover'],
  [
    37,
    true,
    `DRAExtendedResource DRAPrioritizedList DRAResourceClaimDeviceStatus DisableCPUQuotaWithExclusiveCPUs
    HPAConfigurableTolerance HostnameOverride InPlacePodVerticalScalingInitContainers NodeDeclaredFeatures
    PLEGOnDemandRelist PodReadyToStartContainersCondition RelaxedServiceNameValidation
    WatchCacheInitializationPostStartHook`,
  ],
];
