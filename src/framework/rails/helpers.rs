//! Private methods that the steps call: what PL/pgSQL does elsewhere, Ruby does here, around the schema methods and in the very
//! transaction that also writes the ledger's row.

use crate::framework::LayoutSettings;

/// A method that steps call, with what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Helper {
    /// Attempts with a `lock_timeout`.
    Retry,
    /// No timeouts of the session's.
    WithoutTimeouts,
    /// Drops what an interrupted build left.
    DropInvalidIndex,
    /// Fails where another index has the name.
    CheckIndex,
    /// Does nothing where a condition does not hold.
    OnlyIf,
}

/// Names of the methods, which a reader of the steps looks through.
pub const RETRY: &str = "retry_on_lock_timeout";
/// See [`RETRY`].
pub const WITHOUT_TIMEOUTS: &str = "without_timeouts";
/// See [`RETRY`].
pub const DROP_INVALID_INDEX: &str = "drop_invalid_index";
/// See [`RETRY`].
pub const CHECK_INDEX: &str = "check_index";
/// See [`RETRY`].
pub const ONLY_IF: &str = "only_if";

impl Helper {
    /// Its definition, as it stands in a class.
    ///
    /// The attempts are a savepoint each (from Active Record 7.1 on the whole transaction, as long as nothing ran in it), so what
    /// they do commits with the ledger's row. A deadlock is not caught: before 7.1 it spoils the savepoint, and `lock_timeout` is
    /// over before `deadlock_timeout` looks. `RESET` would not bring back what database.yml has set.
    pub(super) fn definition(self, settings: &LayoutSettings) -> String {
        match self {
            Helper::Retry => {
                let timeout = settings.lock_timeout.as_deref().unwrap_or("100ms");
                let attempts = settings.lock_attempts;
                format!(
                    "  # Waits at most {timeout} for its locks, then lets everybody pass and tries again.
  def {RETRY}(attempts = {attempts})
    connection.transaction(requires_new: true) do
      connection.execute \"SET LOCAL lock_timeout = '{timeout}'\"
      yield
    end
  rescue ActiveRecord::LockWaitTimeout
    attempts -= 1
    raise if attempts.zero?

    sleep 0.5 + rand
    retry
  end
"
                )
            }
            Helper::WithoutTimeouts => format!(
                "  # It takes as long as it takes, and nobody waits for it.
  def {WITHOUT_TIMEOUTS}
    names = %w[lock_timeout statement_timeout]
    saved = names.map {{ |name| connection.select_value(\"SHOW #{{name}}\") }}
    names.each {{ |name| connection.execute \"SET #{{name}} = 0\" }}
    yield
  ensure
    saved&.zip(names) {{ |value, name| connection.execute \"SET #{{name}} = '#{{value}}'\" }}
  end
"
            ),
            Helper::DropInvalidIndex => format!(
                "  # A build that was interrupted leaves an INVALID index, which `if_not_exists` takes for a good one.
  def {DROP_INVALID_INDEX}(name)
    invalid = \"SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(#{{connection.quote(name)}}) AND NOT indisvalid\"
    connection.execute \"DROP INDEX CONCURRENTLY #{{name}}\" if connection.select_value(invalid)
  end
"
            ),
            Helper::CheckIndex => format!(
                "  # `if_not_exists` takes any index of that name for the one that is wanted.
  def {CHECK_INDEX}(name, on:, **shape)
    wanted = {{ unique: false, partial: false }}.merge(shape)
    index = connection.indexes(on).find {{ |own| own.name == name }}
    found = {{ columns: index&.columns, unique: index&.unique, partial: index&.where.present? }}
    return if found.slice(*wanted.keys) == wanted

    raise \"#{{name}} is another index than this migration builds: drop it or give it another name, and run this again\"
  end
"
            ),
            Helper::OnlyIf => format!(
                "  # What is done already is not done again.
  def {ONLY_IF}(condition)
    yield if connection.select_value(\"SELECT 1 WHERE #{{condition}}\")
  end
"
            ),
        }
    }
}

/// A method that a rewrite wrote into a class, as a reader finds it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    /// [`RETRY`].
    Retry,
    /// [`WITHOUT_TIMEOUTS`].
    WithoutTimeouts,
    /// [`DROP_INVALID_INDEX`].
    DropInvalidIndex,
    /// [`CHECK_INDEX`].
    CheckIndex,
    /// [`ONLY_IF`].
    OnlyIf,
}

impl Own {
    /// The method of that name whose definition this is, when it is one that a rewrite wrote, with whatever times and numbers.
    pub fn of(name: &str, definition: &str) -> Option<Own> {
        let (helper, own) = match name {
            RETRY => (Helper::Retry, Own::Retry),
            WITHOUT_TIMEOUTS => (Helper::WithoutTimeouts, Own::WithoutTimeouts),
            DROP_INVALID_INDEX => (Helper::DropInvalidIndex, Own::DropInvalidIndex),
            CHECK_INDEX => (Helper::CheckIndex, Own::CheckIndex),
            ONLY_IF => (Helper::OnlyIf, Own::OnlyIf),
            _ => return None,
        };
        let between = |before: &str, after: char| {
            let (value, _) = definition.split_once(before)?.1.split_once(after)?;
            Some(value.to_owned())
        };
        let settings = LayoutSettings {
            lock_timeout: between("lock_timeout = '", '\''),
            lock_attempts: between("attempts = ", ')').and_then(|attempts| attempts.parse().ok()).unwrap_or_default(),
            batch_size: 0,
            batch_pause: 0.0,
            postgres: 0,
            layout: None,
            one_file: None,
        };
        let written = helper.definition(&settings);
        let code = written.lines().filter(|line| !line.trim_start().starts_with('#')).map(str::trim);
        code.eq(definition.lines().map(str::trim)).then_some(own)
    }
}
