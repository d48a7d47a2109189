#!/bin/sh
# Makes the passwords and keys of a stack at its first start; a file that is there already is left as it is.
#   SECRETS=/secrets sh first-start.sh
# Each reader has a folder of its own, and only its containers mount it:
#   worker/      hash.key; clickhouse_password of the user sanwang, who writes
#   clickhouse/  users.xml with digests only; cluster.xml with the secret that replicas share
#   grafana/     admin_password; clickhouse_password of the user grafana, who may only read
set -eu

cd "${SECRETS:?the folder for what is secret}"
mkdir -p worker clickhouse grafana
umask 077

random() { # 32 bytes in hex
    head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

# Writes standard input to a file at once, or not at all: a start that was cut off leaves nothing half made.
keep() { # keep FILE MODE
    cat >"$1.new"
    chmod "$2" "$1.new"
    mv "$1.new" "$1"
    echo "made $1"
}

# A password in the folder of whoever uses it; its digest for ClickHouse.
[ -f worker/hash.key ] || head -c 32 /dev/urandom | keep worker/hash.key 400
[ -f worker/clickhouse_password ] || random | keep worker/clickhouse_password 400
[ -f grafana/admin_password ] || random | keep grafana/admin_password 444
[ -f grafana/clickhouse_password ] || random | keep grafana/clickhouse_password 444
[ -f clickhouse/cluster.xml ] || keep clickhouse/cluster.xml 444 <<XML
<clickhouse><cluster_secret>$(random)</cluster_secret></clickhouse>
XML

digest() { # of a file, as ClickHouse has it
    sha256sum <"$1" | cut -d ' ' -f 1
}

[ -f clickhouse/users.xml ] || keep clickhouse/users.xml 444 <<XML
<clickhouse>
  <profiles>
    <default>
      <!-- On a cluster: a block is on its shard when its insert returns, and a join or IN asks all shards. -->
      <insert_distributed_sync>1</insert_distributed_sync>
      <distributed_product_mode>global</distributed_product_mode>
    </default>
    <reader>
      <readonly>2</readonly>
      <max_execution_time>30</max_execution_time>
      <distributed_product_mode>global</distributed_product_mode>
    </reader>
  </profiles>
  <quotas><default/></quotas>
  <users>
    <sanwang>
      <password_sha256_hex>$(digest worker/clickhouse_password)</password_sha256_hex>
      <networks><ip>::/0</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
      <access_management>1</access_management>
    </sanwang>
    <grafana>
      <password_sha256_hex>$(digest grafana/clickhouse_password)</password_sha256_hex>
      <networks><ip>::/0</ip></networks>
      <profile>reader</profile>
      <quota>default</quota>
      <grants><query>GRANT SELECT ON sanwang.*</query></grants>
    </grafana>
  </users>
</clickhouse>
XML
