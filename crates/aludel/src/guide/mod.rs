#![doc = include_str!("guide.md")]

pub mod tutorial {
    #![doc = include_str!("tutorial.md")]
}

pub mod models {
    #![doc = include_str!("models.md")]
    #![doc = include_str!("generated/keys.md")]
}

pub mod migration_files {
    #![doc = include_str!("migration_files.md")]
}

pub mod commands {
    #![doc = include_str!("commands.md")]
    #![doc = include_str!("generated/commands.md")]
}

pub mod start_up {
    #![doc = include_str!("start_up.md")]
}

pub mod sqlite_rebuilds {
    #![doc = include_str!("sqlite_rebuilds.md")]
}

pub mod online_changes {
    #![doc = include_str!("online_changes.md")]
}

pub mod branches {
    #![doc = include_str!("branches.md")]
}

pub mod adopting {
    #![doc = include_str!("adopting.md")]
}

pub mod coming_from {
    #![doc = include_str!("coming_from.md")]
}

pub mod containers {
    #![doc = include_str!("containers.md")]
}

pub mod troubleshooting {
    #![doc = include_str!("troubleshooting.md")]
}

pub mod inside {
    #![doc = include_str!("inside.md")]
}
