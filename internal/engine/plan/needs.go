package plan

// Needs are what rules have to know before they can decide, beyond what every pass reads. The
// engine reads it and asks the rules once more.
type Needs struct {
	// Fresh: the plan sets or lowers something in the cloud, or remembers what is owed to it, so it
	// has to be decided by a read of this moment.
	Fresh bool
	// Newer: something is known to be newer than the last read of the cloud, however fresh that was.
	Newer bool
	// TerminatedElsewhere is an instance of which has to be known whether somebody else ended it, "" for none.
	TerminatedElsewhere string
	// LastActivity: the update ends for want of nodes, so that people want to know the group's last
	// scaling activity about the instances or zones of About, if there are any.
	LastActivity bool
	About        []string
	// Console is an instance that did not become a usable node, "" for none: people want to know what it
	// has written to its console, which is gone soon after the instance.
	Console string
}
