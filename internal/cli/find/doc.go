// Package find finds the node group, the Auto Scaling group and the update that a
// person means by a name.
//
// A node group goes by three names: that of its resource, that of its Auto Scaling
// group, and the one in its tags. Nothing here changes anything.
package find
