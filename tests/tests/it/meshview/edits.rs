//! What was changed in the models of MeshView, one change after the other, since
//! the day that `first.rs` shows.

/// One change, and how its migration is asked for.
pub(super) struct Edit {
    /// The id of its migration.
    pub(super) id: &'static str,
    pub(super) message: &'static str,
    /// Parts of the file and what stands there instead, in this order.
    pub(super) parts: &'static [(&'static str, &'static str)],
    /// What comes to the end of the file.
    pub(super) more: &'static str,
    /// What rows that exist already get.
    pub(super) fill: &'static [&'static str],
}

const fn edit(
    id: &'static str,
    message: &'static str,
    parts: &'static [(&'static str, &'static str)],
) -> Edit {
    Edit {
        id,
        message,
        parts,
        more: "",
        fill: &[],
    }
}

const fn table(id: &'static str, message: &'static str, more: &'static str) -> Edit {
    Edit {
        more,
        ..edit(id, message, &[])
    }
}

impl Edit {
    const fn fill(self, fill: &'static [&'static str]) -> Self {
        Self { fill, ..self }
    }
}

const TRACEROUTE: &str = r#"
/// A route that a packet took.
#[derive(Model)]
#[table(name = "traceroute")]
pub struct Traceroute {
    #[column(primary_key, type(postgres = "serial"))]
    pub id: i32,
    #[column(type = "bigint", references = Packet::id)]
    pub packet_id: Option<i64>,
    #[column(type = "bigint")]
    pub gateway_node_id: i64,
    pub done: bool,
    pub route: Vec<u8>,
}
"#;

const SITE_CONFIG: &str = r#"
/// What the site says of itself.
#[derive(Model)]
#[table(name = "site_config")]
pub struct SiteConfig {
    #[column(primary_key, type(postgres = "serial"))]
    pub id: i32,
    #[column(type = "varchar")]
    pub site_domain: String,
    #[column(type = "varchar")]
    pub site_title: String,
    #[column(type = "varchar")]
    pub site_message: Option<String>,
}
"#;

const EXAMPLE: &str = r#"
/// An example.
#[derive(Model)]
#[table(name = "example", index(name, name = "idx_example_name"))]
pub struct Example {
    #[column(primary_key, type(postgres = "serial"))]
    pub id: i32,
    #[column(type = "varchar(100)")]
    pub name: String,
    pub description: Option<String>,
    #[column(type = "float")]
    pub value: Option<f64>,
    #[column(default = true)]
    pub is_active: bool,
    #[column(default = sql("CURRENT_TIMESTAMP"))]
    pub created_at: chrono::NaiveDateTime,
    pub updated_at: Option<chrono::NaiveDateTime>,
}
"#;

const NODE_PUBLIC_KEY: &str = r#"
/// A public key that a node was heard with.
#[derive(Model)]
#[table(
    name = "node_public_key",
    index(node_id, name = "idx_node_public_key_node_id"),
    index(public_key, name = "idx_node_public_key_public_key")
)]
pub struct NodePublicKey {
    #[column(primary_key, type(postgres = "serial"))]
    pub id: i32,
    #[column(type = "bigint")]
    pub node_id: i64,
    #[column(type = "varchar")]
    pub public_key: String,
    #[column(type = "bigint")]
    pub first_seen_us: Option<i64>,
    #[column(type = "bigint")]
    pub last_seen_us: Option<i64>,
}
"#;

/// A column of every packet, and its twin in microseconds.
const TIME: &str = "    pub import_time: Option<chrono::NaiveDateTime>,\n";
const TIMES: &str = "    pub import_time: Option<chrono::NaiveDateTime>,\n    \
                     #[column(type = \"bigint\")]\n    pub import_time_us: Option<i64>,\n";

/// The first column that rows without a value are in the way of.
pub(super) const IMPORT_TIME: &str = "a03_import_time";

/// All of them, oldest first.
pub(super) const EDITS: [Edit; 25] = [
    edit("a00_first", "the first models", &[]),
    edit(
        "a01_position",
        "where a node is",
        &[(
            "pub hw_model: String,\n",
            "pub hw_model: String,\n    #[column(type = \"bigint\")]\n    \
             pub last_lat: Option<i64>,\n    #[column(type = \"bigint\")]\n    \
             pub last_long: Option<i64>,\n",
        )],
    ),
    table("a02_traceroute", "routes", TRACEROUTE),
    edit(
        IMPORT_TIME,
        "when a route came in",
        &[(
            "pub route: Vec<u8>,\n",
            "pub route: Vec<u8>,\n    pub import_time: chrono::NaiveDateTime,\n",
        )],
    )
    .fill(&["traceroute.import_time=2024-06-11 00:00:00"]),
    edit(
        "a04_role",
        "what a node is for",
        &[(
            "pub hw_model: String,\n",
            "pub hw_model: String,\n    #[column(type = \"varchar\")]\n    \
             pub role: Option<String>,\n",
        )],
    ),
    edit(
        "a05_hop_start",
        "hops at the start",
        &[(
            "pub hop_limit: i32,\n",
            "pub hop_limit: i32,\n    pub hop_start: Option<i32>,\n",
        )],
    ),
    edit(
        "a06_channel",
        "channels",
        &[
            (
                "pub last_long: Option<i64>,\n",
                "pub last_long: Option<i64>,\n    #[column(type = \"varchar\")]\n    \
                 pub channel: String,\n",
            ),
            (
                "pub payload: Vec<u8>,\n",
                "pub payload: Vec<u8>,\n    #[column(type = \"varchar\")]\n    \
                 pub channel: String,\n",
            ),
        ],
    )
    .fill(&["node.channel=LongFast", "packet.channel=LongFast"]),
    edit(
        "a07_last_update",
        "when a node was heard last",
        &[(
            "pub channel: String,\n",
            "pub channel: String,\n    pub last_update: chrono::NaiveDateTime,\n",
        )],
    )
    .fill(&["node.last_update=2025-01-31 00:00:00"]),
    edit(
        "a08_firmware",
        "firmware",
        &[(
            "pub hw_model: String,\n",
            "pub hw_model: String,\n    #[column(type = \"varchar\")]\n    \
             pub firmware: String,\n",
        )],
    )
    .fill(&["node.firmware="]),
    edit(
        "a09_relaxed",
        "nodes say less than was thought",
        &[
            ("pub long_name: String", "pub long_name: Option<String>"),
            ("pub short_name: String", "pub short_name: Option<String>"),
            ("pub hw_model: String", "pub hw_model: Option<String>"),
            ("pub firmware: String", "pub firmware: Option<String>"),
            ("pub channel: String", "pub channel: Option<String>"),
            (
                "pub last_update: chrono::NaiveDateTime",
                "pub last_update: Option<chrono::NaiveDateTime>",
            ),
            ("pub portnum: i32", "pub portnum: Option<i32>"),
            ("pub from_node_id: i64", "pub from_node_id: Option<i64>"),
            ("pub to_node_id: i64", "pub to_node_id: Option<i64>"),
            ("pub payload: Vec<u8>", "pub payload: Option<Vec<u8>>"),
            ("pub channel: String", "pub channel: Option<String>"),
            (
                "pub import_time: chrono::NaiveDateTime",
                "pub import_time: Option<chrono::NaiveDateTime>",
            ),
            ("pub hop_limit: i32", "pub hop_limit: Option<i32>"),
            ("pub channel: String", "pub channel: Option<String>"),
            ("pub topic: String", "pub topic: Option<String>"),
            (
                "pub import_time: chrono::NaiveDateTime",
                "pub import_time: Option<chrono::NaiveDateTime>",
            ),
            (
                "pub gateway_node_id: i64",
                "pub gateway_node_id: Option<i64>",
            ),
            ("pub done: bool", "pub done: Option<bool>"),
            ("pub route: Vec<u8>", "pub route: Option<Vec<u8>>"),
            (
                "pub import_time: chrono::NaiveDateTime",
                "pub import_time: Option<chrono::NaiveDateTime>",
            ),
        ],
    ),
    table("a10_site_config", "what the site says", SITE_CONFIG),
    edit(
        "a11_no_site_config",
        "the site says it elsewhere",
        &[(SITE_CONFIG, "")],
    ),
    edit(
        "a12_indexes",
        "indexes",
        &[
            (
                "(name = \"node\")",
                "(name = \"node\", index(node_id, name = \"idx_node_node_id\"))",
            ),
            (
                "(name = \"packet\")",
                "(\n    name = \"packet\",\n    \
                 index(from_node_id, name = \"idx_packet_from_node_id\"),\n    \
                 index(to_node_id, name = \"idx_packet_to_node_id\"),\n    \
                 index(import_time desc, name = \"idx_packet_import_time\")\n)",
            ),
            (
                "primary_key(packet_id, node_id, rx_time)",
                "primary_key(packet_id, node_id, rx_time), \
                 index(node_id, name = \"idx_packet_seen_node_id\")",
            ),
        ],
    ),
    edit(
        "a13_index_of_routes",
        "an index of routes",
        &[(
            "(name = \"traceroute\")",
            "(name = \"traceroute\", index(import_time, name = \"idx_traceroute_import_time\"))",
        )],
    ),
    edit(
        "a14_more_indexes",
        "more indexes",
        &[
            (
                "\"idx_packet_import_time\")",
                "\"idx_packet_import_time\"),\n    \
                 index(from_node_id, import_time desc, name = \"idx_packet_from_node_time\")",
            ),
            (
                "\"idx_packet_seen_node_id\")",
                "\"idx_packet_seen_node_id\"), \
                 index(packet_id, name = \"idx_packet_seen_packet_id\")",
            ),
        ],
    ),
    edit(
        "b01_microseconds",
        "times in microseconds",
        &[
            // The first one found is the next one.
            (TIME, "    // 1\n"),
            (TIME, "    // 2\n"),
            (TIME, "    // 3\n"),
            ("    // 1\n", TIMES),
            ("    // 2\n", TIMES),
            ("    // 3\n", TIMES),
            (
                "\"idx_packet_from_node_time\")",
                "\"idx_packet_from_node_time\"),\n    \
                 index(import_time_us desc, name = \"idx_packet_import_time_us\"),\n    \
                 index(from_node_id, import_time_us desc, \
                 name = \"idx_packet_from_node_time_us\")",
            ),
            (
                "\"idx_packet_seen_packet_id\")",
                "\"idx_packet_seen_packet_id\"), \
                 index(import_time_us, name = \"idx_packet_seen_import_time_us\")",
            ),
            (
                "\"idx_traceroute_import_time\")",
                "\"idx_traceroute_import_time\"), \
                 index(import_time_us, name = \"idx_traceroute_import_time_us\")",
            ),
        ],
    ),
    table("b03_example", "Add example table", EXAMPLE),
    edit(
        "b04_route_return",
        "add route_return to traceroute",
        &[(
            "pub route: Option<Vec<u8>>,\n",
            "pub route: Option<Vec<u8>>,\n    pub route_return: Option<Vec<u8>>,\n",
        )],
    ),
    edit(
        "b05_seen",
        "when a node was seen first and last",
        &[
            (
                "pub last_update: Option<chrono::NaiveDateTime>,\n",
                "pub last_update: Option<chrono::NaiveDateTime>,\n    #[column(type = \"bigint\")]\n    \
                 pub first_seen_us: Option<i64>,\n    #[column(type = \"bigint\")]\n    \
                 pub last_seen_us: Option<i64>,\n",
            ),
            (
                "\"idx_node_node_id\")",
                "\"idx_node_node_id\"), \
                 index(first_seen_us, name = \"idx_node_first_seen_us\"), \
                 index(last_seen_us, name = \"idx_node_last_seen_us\")",
            ),
        ],
    ),
    edit(
        "b06_no_import_time",
        "drop import_time columns",
        &[
            (TIME, ""),
            (TIME, ""),
            (TIME, ""),
            (
                ",\n    index(import_time desc, name = \"idx_packet_import_time\")",
                "",
            ),
            (
                ",\n    index(from_node_id, import_time desc, name = \"idx_packet_from_node_time\")",
                "",
            ),
            (
                " index(import_time, name = \"idx_traceroute_import_time\"),",
                "",
            ),
        ],
    ),
    edit(
        LAST_UPDATE,
        "add last_update_us to node",
        &[
            (
                "    pub last_update: Option<chrono::NaiveDateTime>,\n",
                "    #[column(type = \"bigint\")]\n    pub last_update_us: Option<i64>,\n",
            ),
            (
                "\"idx_node_last_seen_us\")",
                "\"idx_node_last_seen_us\"), \
                 index(last_update_us, name = \"idx_node_last_update_us\")",
            ),
        ],
    ),
    edit(
        "b08_no_last_update_us",
        "drop last_update_us from node",
        &[
            (
                "    #[column(type = \"bigint\")]\n    pub last_update_us: Option<i64>,\n",
                "",
            ),
            (
                ", index(last_update_us, name = \"idx_node_last_update_us\")",
                "",
            ),
        ],
    ),
    table(
        "b09_public_key",
        "add node public key table",
        NODE_PUBLIC_KEY,
    ),
    edit(
        "b10_gateway",
        "add is_mqtt_gateway to node",
        &[(
            "pub role: Option<String>,\n",
            "pub role: Option<String>,\n    pub is_mqtt_gateway: Option<bool>,\n",
        )],
    ),
    edit(
        "b11_repair",
        "what was forgotten",
        &[
            (
                "\"idx_traceroute_import_time_us\")",
                "\"idx_traceroute_import_time_us\"), \
                 index(packet_id, name = \"idx_traceroute_packet_id\")",
            ),
            (EXAMPLE, ""),
        ],
    ),
];

/// The one whose values are made by hand, up and down.
pub(super) const LAST_UPDATE: &str = "b07_last_update_us";
