package fakeaws

import "fmt"

// parameters are the public parameters, by name.
func (c *Cloud) parameters() map[string]string {
	all := map[string]string{}
	for _, image := range c.images {
		if image.OwnerAlias != "amazon" {
			continue
		}
		put(all, parameterPath(image)+"/"+image.Name, image)
		if image == c.latestImage(image.KubernetesVersion, image.Arch) {
			put(all, parameterPath(image)+"/recommended", image)
		}
	}
	return all
}

func parameterPath(image *Image) string {
	return fmt.Sprintf("/aws/service/eks/optimized-ami/%s/%s/%s/standard", image.KubernetesVersion, image.Family, image.Arch)
}

// put adds an image's three parameters: the whole as JSON, and two members.
func put(all map[string]string, path string, image *Image) {
	all[path] = fmt.Sprintf(`{"schema_version":"2","image_id":%q,"image_name":%q,"release_version":%q}`,
		image.ID, image.Name, image.ReleaseVersion)
	all[path+"/image_id"] = image.ID
	all[path+"/image_name"] = image.Name
	all[path+"/release_version"] = image.ReleaseVersion
}
