// Package fakeaws is EC2 and Auto Scaling over their real protocols, in one process.
//
// It exists so that software which moves machines can be tried against
// something that behaves: the AWS SDK and the aws command work with it
// unchanged, and its groups live as AWS documents that groups live.
//
// # Use
//
//	cloud := fakeaws.New(fakeaws.Config{Boot: 5 * time.Second})
//	go cloud.Run(ctx)                                    // groups live
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
// Three layers, top to bottom, each in files that say its name:
//
//   - The wire. server.go tells services apart by the credential scope of the
//     Authorization header and keeps the journal; form.go decodes the query
//     protocols into tagged structs and refuses every parameter that no struct
//     names, so that nothing is ignored in silence; reply.go and errors.go
//     answer in each service's own dialect. Files that begin with ec2_, asg_,
//     ssm_ and sts_ hold one operation's input, output and serving beside each
//     other.
//   - The model: launch templates, images, instance types, zones and subnets,
//     groups, instances, scaling activities, tags, hooks.
//   - The life. Step is one look at every instance and every group at a given
//     time. Instances age (instance.go), then each group follows four rules in
//     order (life.go): replace the unhealthy, launch what is missing
//     (scaleout.go), terminate what is too much (scalein.go), even out the
//     zones (rebalance.go). Everything that takes time is a deadline compared
//     with the time that Step was given; nothing sleeps and nothing starts a
//     goroutine, which makes a test a list of calls and steps.
//
// What shall go wrong is a Fault (fault.go), kept in one table: calls are struck
// at one place of the server, before they are served, launches at another.
// faultkinds.go says what each name means.
//
// One mutex guards everything; a request and a step never interleave. All
// choices that AWS leaves open (which of two equal zones, which of two equal
// instances) come from one generator seeded by Config.Seed.
//
// # What differs from AWS
//
// Unless a Fault says otherwise, reads are never stale and no call is throttled;
// groups react at the next step instead of after seconds to minutes. Weights of a mixed instances policy,
// warm pools, scaling policies and instance refreshes can be made and are
// described, but do nothing; load balancers have attributes and balance nothing;
// scheduled actions act once, at their start. A group with a launch
// configuration stays empty. State is in memory only.
package fakeaws
