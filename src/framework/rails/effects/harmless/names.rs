//! Methods by what they can do to the database, by name.

/// A method of the migration, or of every object, that sends nothing.
pub fn is_harmless_name(name: &str) -> bool {
    const NAMES: &str = "
        Array Float Hash Integer String abort announce attr_accessor attr_reader binding block_given? caller connection
        connection_pool fail format lambda loop name p pp print printf private proc protected public putc puts raise rand require
        require_dependency require_relative reverting? say sleep sprintf srand verbose version warn write
    ";
    is_one_of(NAMES, name) || asks(name)
}

/// It asks the catalog, or quotes.
pub fn asks(name: &str) -> bool {
    const NAMES: &str = "
        adapter_name check_constraint_exists? check_constraints class clear_cache! clear_data_source_cache! column_exists? columns
        current_database current_schema current_user data_source_exists? data_sources database_version encoding enum_types
        extension_available? extension_enabled? extensions foreign_key_exists? foreign_keys index_exists? index_name
        index_name_exists? indexes open_transactions pool postgresql_version primary_key query_value query_values quote
        quote_column_name quote_string quote_table_name raw_connection reset! respond_to? schema_cache schema_exists?
        schema_migration schema_names schema_search_path select_all select_one select_rows select_value select_values
        supports_bulk_alter? supports_check_constraints? supports_datetime_with_precision? supports_extensions?
        supports_foreign_keys? supports_json? supports_virtual_columns? table_exists? tables transaction_open? verbose
        view_exists? views
    ";
    is_one_of(NAMES, name)
}

/// It sends the SQL that it is given.
pub fn sends_sql(name: &str) -> bool {
    const NAMES: &str = "
        async_exec delete exec_delete exec_insert exec_query exec_update execute insert query query_value query_values select_all
        select_one select_rows select_value select_values update
    ";
    is_one_of(NAMES, name)
}

/// A method of models, relations, strings, arrays and so on that changes nothing in the database.
pub fn is_harmless_method(name: &str) -> bool {
    const OPERATORS: &str = "! & * + - / < << <= <=> == === > >= [] =~ !~ != % **";
    const OBJECTS: &str = "
        blank? code const_defined? dup deep_dup eql? exclude? freeze frozen? inspect instance_methods instance_of? is_a?
        itself kind_of? new nil? object_id presence present? respond_to? then to_json to_proc yield_self
    ";
    const NUMBERS_AND_TIMES: &str = "
        abs ago beginning_of_day ceil clamp current day days floor from_now hour hours iso8601 minute minutes month months now
        positive? pred rand random_number round strftime succ to_date to_datetime to_f to_i to_r to_time upto uuid week weeks year
        years yesterday zero? zone
    ";
    const STRINGS: &str = "
        ascii_only? bytes bytesize camelize capitalize chars chomp classify constantize demodulize downcase encoding end_with?
        format getbyte gsub hex hexdigest lines ljust lower match match? parameterize parse pluralize rjust safe_constantize
        singularize split squish start_with? string strip sub tableize titleize to_s to_str to_sym tr tr_s underscore upcase
    ";
    const COLLECTIONS: &str = "
        all? any? append at collect compact compact_blank concat count deep_stringify_keys deep_symbolize_keys detect dig each
        each_entry each_key each_pair each_slice each_value each_with_index each_with_object empty? except extract_options! fetch
        filter filter_map find first flat_map flatten from group_by has_key? in_groups_of include? index_by inject invert join
        key? keys last lazy length map max member? merge min next none? one? partition push reduce reject reverse shift size slice
        sort sort_by stringify_keys subtract sum symbolize_keys take take_while tally to_a to_ary to_h to_hash to_set
        transform_keys transform_values uniq value values values_at with_index with_object zip
    ";
    const MODELS: &str = "
        all arel_table attribute_names attributes average base_class cast clear_cache! column_for_attribute column_names columns
        columns_hash default distinct eager_load exists? find_by find_by_sql find_each find_in_batches group having
        human_attribute_name id ids in_batches includes joins left_joins left_outer_joins limit maximum minimum name names none
        not offset or order pick pluck preload primary_key quoted_table_name readonly references reorder
        reset_column_information row_count select sql_type table_exists? table_name to_sql type unscope unscoped versions where
    ";
    const APPLICATION: &str = "
        adapter adapter_name application basename config configuration configuration_hash configurations connected? connection
        connection_config connection_db_config credentials debug development? dirname dump eager_load! env environment error
        exist? expand_path extname file? flush generators gets glob info lock_timeout log logger options orm pathname print
        production? puts read root secrets staging? test? warn
    ";
    [OPERATORS, OBJECTS, NUMBERS_AND_TIMES, STRINGS, COLLECTIONS, MODELS, APPLICATION]
        .iter()
        .any(|names| is_one_of(names, name))
}

fn is_one_of(names: &str, name: &str) -> bool {
    names.split_ascii_whitespace().any(|one| one == name)
}
