package upgrade

import "time"

// Status is EKS's word for an update.
type Status string

// The statuses.
const (
	InProgress Status = "InProgress"
	Successful Status = "Successful"
	Failed     Status = "Failed"
	Cancelled  Status = "Cancelled"
)

// Verdict is how an update ends.
type Verdict struct {
	Status Status
	Errors []Error
	At     time.Time
	// RestoreTemplate: no node of the target ever became usable, or people asked for it when they
	// cancelled.
	RestoreTemplate bool
	// RollBack: the update failed, and another one is to undo it.
	RollBack bool
}

// Error is one of EKS's error codes with a message.
type Error struct {
	Code      string
	Message   string
	Resources []string
}

// EKS's error codes that an update ends with.
const (
	NodeCreationFailure = "NodeCreationFailure"
	PodEvictionFailure  = "PodEvictionFailure"
	ResourceNotFound    = "K8sResourceNotFound"
	AccessDenied        = "AccessDenied"
	Conflict            = "ConfigurationConflict"
	// InsufficientReplicas: too many pods are not Ready.
	InsufficientReplicas = "InsufficientNumberOfReplicas"
	NotPermitted         = "OperationNotPermitted"
	// Unreachable: nodes do not reach the API server.
	Unreachable = "ClusterUnreachable"
)
