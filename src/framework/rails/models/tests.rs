use super::*;

fn models(files: &[(&str, &str)]) -> Models {
    Models::of(files.iter().map(|(path, text)| (format!("/a/app/models/{path}").into(), (*text).to_owned())).collect())
}

fn named(name: &str) -> QualifiedName {
    let (schema, name) = name.split_once('.').map_or((None, name), |(schema, name)| (Some(schema), name));
    QualifiedName { schema: schema.map(Ident::new), name: Ident::new(name) }
}

fn column(table: &str, column: &str) -> Owned {
    Owned::Column { table: named(table), column: Ident::new(column), becomes: None }
}

const BASE: (&str, &str) =
    ("application_record.rb", "class ApplicationRecord < ActiveRecord::Base\n  primary_abstract_class\nend\n");

#[test]
fn a_class_has_the_table_that_active_record_gives_it() {
    let of = |table: &str, text: &str| {
        let models = models(&[BASE, ("m.rb", text)]);
        models.of_table(&named(table)).into_iter().map(|class| class.name.clone()).collect::<Vec<_>>()
    };
    for (table, text, class) in [
        ("people", "class Person < ApplicationRecord\nend", "Person"),
        ("html_pages", "class HTMLPage < ApplicationRecord; end", "HTMLPage"),
        ("address2s", "class Address2 < ApplicationRecord\nend", "Address2"),
        ("posts", "module Blog\n  class Post < ::ApplicationRecord\n  end\nend", "Blog::Post"),
        ("posts", "class Blog::Post < ApplicationRecord\nend", "Blog::Post"),
        (
            "blog_posts",
            "module Blog\n  def self.table_name_prefix\n    \"blog_\"\n  end\n  class Post < ApplicationRecord\n  end\nend",
            "Blog::Post",
        ),
        ("order_items", "class Order < ApplicationRecord\n  class Item < ApplicationRecord\n  end\nend", "Order::Item"),
        ("audit.logs", "class Entry < ApplicationRecord\n  self.table_name = \"audit.logs\"\nend", "Entry"),
        ("users", "class User < ApplicationRecord\nend\nclass Admin < User\nend", "User"),
    ] {
        assert_eq!(of(table, text), [class], "{table}");
    }
    for (table, text) in [
        ("users", "class User\nend"),
        ("users", "class User < ApplicationRecord\n  self.table_name = :people\nend"),
        ("application_records", ""),
        ("admins", "class User < ApplicationRecord\nend\nclass Admin < User\nend"),
    ] {
        assert_eq!(of(table, text), [""; 0], "{table}");
    }
}

#[test]
fn a_column_is_in_use_unless_its_model_ignores_it() {
    let usage = |text: &str| {
        let text = format!("class User < ApplicationRecord\n{text}\nend\n");
        models(&[BASE, ("user.rb", &text)]).usage(&column("users", "nick"), "")
    };
    for ignored in [
        "  self.ignored_columns += [\"nick\"]",
        "  self.ignored_columns = %w[age nick].freeze",
        "  self.ignored_columns += %i[nick]",
        "  self.ignored_columns = %w[age]\n  self.ignored_columns += [:nick]",
    ] {
        assert_eq!(usage(ignored), Usage::Unused, "{ignored}");
    }
    for (used, why) in [
        ("", "User does not ignore it, /a/app/models/user.rb:1 lacks `self.ignored_columns += %w[nick]`"),
        (
            "  self.ignored_columns += [\"nick\"]\n  self.ignored_columns = []",
            "User does not ignore it, /a/app/models/user.rb:1 lacks `self.ignored_columns += %w[nick]`",
        ),
        ("  self.ignored_columns += OLD", "User does not ignore it, /a/app/models/user.rb:2 cannot be read"),
        ("\n  ignored_columns.concat %w[nick]", "User does not ignore it, /a/app/models/user.rb:3 cannot be read"),
    ] {
        assert_eq!(usage(used), Usage::Used(Some(why.to_owned())), "{used}");
    }
    let Usage::Unknown(why) = models(&[BASE]).usage(&column("users", "nick"), "") else { panic!() };
    assert_eq!(why, "no model of users is in app/models: whether code uses its nick is not known");
    let inherited = models(&[
        (
            "base.rb",
            "class Base < ActiveRecord::Base\n  self.abstract_class = true\n  self.ignored_columns = [\"nick\"]\nend",
        ),
        ("user.rb", "class User < Base\nend"),
    ]);
    assert_eq!(inherited.usage(&column("users", "nick"), ""), Usage::Unused);
}

#[test]
fn a_table_is_in_use_while_a_class_or_a_join_needs_it() {
    let usage = |table: &str, text: &str| {
        let models = models(&[BASE, ("m.rb", text)]);
        models.usage(&Owned::Table { table: named(table) }, "")
    };
    let used = |why: &str| Usage::Used(Some(why.to_owned()));
    assert_eq!(
        usage("posts", "class Post < ApplicationRecord\nend"),
        used("class Post is there, /a/app/models/m.rb:1")
    );
    assert_eq!(usage("posts", "class Note < ApplicationRecord\nend"), Usage::Unused);
    let joins = "class Post < ApplicationRecord\n  has_and_belongs_to_many :tags\n  has_and_belongs_to_many :users, join_table: \"likes\"\nend";
    assert_eq!(usage("posts_tags", joins), used("Post joins through it, /a/app/models/m.rb:1"));
    assert_eq!(usage("likes", joins), used("Post joins through it, /a/app/models/m.rb:1"));
}

#[test]
fn what_is_written_by_hand_is_told_with_its_place() {
    let models = models(&[BASE, ("user.rb", "# a model\nclass User < ApplicationRecord\nend\n")]);
    assert_eq!(
        models.by_hand(&column("users", "nick")).as_deref(),
        Some("before the release deploy `self.ignored_columns += %w[nick]` in User (/a/app/models/user.rb:2)")
    );
    let renamed =
        Owned::Column { table: named("users"), column: Ident::new("nick"), becomes: Some(Ident::new("handle")) };
    assert_eq!(
        models.mapped(&renamed).as_deref(),
        Some("delete the migration and write `alias_attribute :handle, :nick` in User (/a/app/models/user.rb:2)")
    );
    let table = Owned::Name { name: named("people"), table: named("users") };
    assert_eq!(
        models.mapped(&table).as_deref(),
        Some("delete the migration and write `self.table_name = \"people\"` in User (/a/app/models/user.rb:2)")
    );
}
