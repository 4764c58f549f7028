package fakeaws

import (
	"testing"
	"time"
)

// After a failure nothing is launched in a zone for a while.
func TestFailedLaunchIsTriedAgainLater(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 3)
	w.FailLaunches("", "full")
	w.setDesired(4)
	failures := func() int {
		n := 0
		for _, a := range w.groups[0].activities {
			if a.status == activityFailed {
				n++
			}
		}
		return n
	}
	w.pass(0)
	same(t, "failures at once", failures(), 3)
	w.pass(14 * time.Second)
	same(t, "failures after 14 seconds", failures(), 3)
	w.pass(time.Second)
	same(t, "failures after 15 seconds", failures(), 6)
	w.FailLaunches("", "")
	w.pass(20 * time.Second)
	same(t, "in service when there is capacity again", len(w.inService()), 4)
}

func TestFailLaunchesIsClearedZoneByZoneOrAtOnce(t *testing.T) {
	w := newWorld(t)
	w.FailLaunches("us-west-2a", "full")
	w.FailLaunches("us-west-2b", "also full")
	same(t, "in b", w.launchMessage("b"), "also full")
	w.FailLaunches("us-west-2a", "")
	same(t, "in a", w.launchMessage("a"), "")
	w.FailLaunches("", "everywhere")
	same(t, "in c", w.launchMessage("c"), "everywhere")
	w.FailLaunches("", "")
	same(t, "in b after all was cleared", w.launchMessage("b"), "")
}

// launchMessage is why launches fail in a zone, empty if they do not.
func (w *world) launchMessage(letter string) string {
	if err := w.launchFault(instanceType{name: "m5.xlarge"}, w.network.inZone("us-west-2"+letter)); err != nil {
		return err.Message
	}
	return ""
}

// A group whose template is broken later adds a failed activity at each attempt.
func TestLaunchOfAMissingImageFails(t *testing.T) {
	w := newWorld(t)
	template := w.group(0, 6, 3)
	_, err := w.ec2.CreateLaunchTemplateVersion(w.ctx(), versionInput(template.ID, "ami-0123456789abcdef0"))
	w.ok(err)
	_, err = w.asg.UpdateAutoScalingGroup(w.ctx(), followInput(template.ID, "2"))
	w.refused(err, "ValidationError", 400, "'[ami-0123456789abcdef0]' does not exist")

	_, err = w.asg.UpdateAutoScalingGroup(w.ctx(), followInput(template.ID, "$Default"))
	w.ok(err)
	w.templates[0].byDefault = 2
	w.setDesired(4)
	w.pass(0)
	last := w.activities()[0]
	same(t, "last activity", last, "Launching a new EC2 instance.  Status Reason: The image id '[ami-0123456789abcdef0]' does not exist. Launching EC2 instance failed.")
	same(t, "in service", len(w.inService()), 3)
}

func TestImageMayBeAParameter(t *testing.T) {
	w := newWorld(t)
	name := "/aws/service/eks/optimized-ami/1.37/amazon-linux-2023/x86_64/standard/recommended/image_id"
	template, err := w.CreateLaunchTemplate(TemplateSpec{Name: "nodes", ImageID: "resolve:ssm:" + name, InstanceType: "m5.large"})
	w.ok(err)
	w.ok(w.CreateGroup(GroupSpec{Name: "nodes", MaxSize: 1, DesiredCapacity: 1, LaunchTemplateID: template.ID}))
	w.settle()
	want, _ := w.LatestImage("1.37", "x86_64")
	same(t, "image", w.Instances()[0].ImageID, want.ID)
	in := versionInput(template.ID, "resolve:ssm:/nowhere")
	_, err = w.ec2.CreateLaunchTemplateVersion(w.ctx(), in)
	w.ok(err)
	_, err = w.asg.UpdateAutoScalingGroup(w.ctx(), followInput(template.ID, "2"))
	w.refused(err, "ValidationError", 400, "resolve:ssm:/nowhere")
}
