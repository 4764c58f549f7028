# The controller's role, with EKS Pod Identity, and what somebody needs who upgrades from a terminal.
# The JSON is that of the files beside this one.

variable "cluster" { type = string }           # prod
variable "region" { type = string }            # us-west-2
variable "node_role_name" { type = string }    # of the nodes' instance profile
variable "platform_role_arn" { type = string } # of the people who upgrade

data "aws_caller_identity" "here" {}

locals {
  policy = replace(replace(replace(replace(
    file("${path.module}/scoped-policy.json"),
    "123456789012", data.aws_caller_identity.here.account_id),
    "us-west-2", var.region),
    "role/prod-nodes", "role/${var.node_role_name}"),
  "kubernetes.io/cluster/prod", "kubernetes.io/cluster/${var.cluster}")
  trust = replace(
    file("${path.module}/trust-pod-identity.json"),
  "\"prod\"", "\"${var.cluster}\"")
}

resource "aws_iam_role" "nodelift" {
  name               = "nodelift-${var.cluster}"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "nodelift" {
  name   = "nodelift"
  role   = aws_iam_role.nodelift.id
  policy = local.policy
}

resource "aws_eks_pod_identity_association" "nodelift" {
  cluster_name    = var.cluster
  namespace       = "nodelift-system"
  service_account = "nodelift"
  role_arn        = aws_iam_role.nodelift.arn
}

# People in the chart's tiers: --set 'access.upgrade[0].kind=Group' --set 'access.upgrade[0].name=nodelift-upgrade'
resource "aws_eks_access_entry" "platform" {
  cluster_name      = var.cluster
  principal_arn     = var.platform_role_arn
  kubernetes_groups = ["nodelift-upgrade"]
}
