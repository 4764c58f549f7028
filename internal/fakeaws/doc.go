// Package fakeaws is EC2 and Auto Scaling over their real protocols, in one process.
//
// Software that replaces instances can be tried with it: the AWS SDK and the aws
// command work with it unchanged, and its groups behave as AWS documents.
//
// # Use
//
//	cloud := fakeaws.New(fakeaws.Config{Boot: 5 * time.Second})
//	go cloud.Run(ctx)                                    // groups launch and terminate
//	go http.Serve(listener, cloud.Handler())             // EC2, Auto Scaling, SSM and STS
//	image, _ := cloud.LatestImage("1.36", "x86_64")
//	template, err := cloud.CreateLaunchTemplate(fakeaws.TemplateSpec{
//		Name: "nodes", ImageID: image.ID, InstanceType: "m5.xlarge"})
//	err = cloud.CreateGroup(fakeaws.GroupSpec{
//		Name: "nodes", MinSize: 1, MaxSize: 5, DesiredCapacity: 3,
//		LaunchTemplateID: template.ID, LaunchTemplateVersion: "$Default"})
//	for instance := range cloud.Watch(ctx) { ... }
//
// A client needs AWS_ENDPOINT_URL, a region equal to Config.Region, and any
// access key: signatures are read, not verified.
//
// # Design
//
// Three layers, from top to bottom:
//
//   - The wire. server.go finds the service by the credential scope of the
//     Authorization header and keeps the journal; form.go decodes the query
//     protocols into tagged structs and refuses every parameter that no struct
//     names, so that no parameter is silently ignored, and formrules.go checks what
//     AWS's models say of each, which a test compares with the SDK; reply.go and errors.go
//     answer in the protocol of each service. Files whose names begin with ec2,
//     asg, ssm and sts hold the operations: input, output and code together.
//   - The model: launch templates, images, instance types, zones and subnets,
//     groups, instances, scaling activities, tags, hooks.
//   - The behaviour over time. Step does what is due at a given time. First the
//     states of instances change (instance.go), then each group follows some
//     rules in order (life.go): replace unhealthy instances, launch missing ones
//     (scaleout.go), terminate excess ones (scalein.go), rebalance the zones
//     (rebalance.go), keep the warm pool (warmpool.go). Everything that takes time is a deadline that is compared
//     with the time of the step. Nothing sleeps and nothing starts a goroutine,
//     so a test is a list of calls and steps.
//
// A Fault (fault.go) makes something fail. Faults are in one list. The server
// applies those of calls in one place, before a call is served; scaling out
// applies those of launches. faultkinds.go says what each fault does.
//
// Who may do what is decided in permission.go: each call names its permissions, with
// the resource and the condition keys that the service authorization reference lists,
// and package iam decides what a policy says about them. permission_launch.go has
// those that a launch takes.
//
// One mutex guards everything, so a request and a step never overlap. Choices
// that AWS does not document (which of two equal zones, which of two equal
// instances) come from one random generator seeded by Config.Seed.
//
// # What differs from AWS
//
// Unless a Fault says otherwise, reads are never stale and no call is throttled.
// Groups react at the next step instead of after seconds to minutes. Weights of a
// mixed instances policy, scaling policies, maintenance policies and instance
// refreshes can be created and described, but have no effect. warmpool.go says what
// is assumed of warm pools. What launch templates name (security groups, key pairs,
// profiles, keys) exists unless a FaultMissing says otherwise, and an instance
// profile has the role of its own name. Load balancers have attributes
// and no traffic. Scheduled actions are carried out once, at their start. A group
// with a launch configuration stays empty. Everything is kept in memory only.
package fakeaws
