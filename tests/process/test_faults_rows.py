"""Each fault that `tcli run`, `tcli serve` and `tcli new` promise to survive has its tests; here is which."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
FAULTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "S1": (
        "a worker is killed while idle",
        ("test_faults_deaths::test_an_idle_worker_that_is_killed_costs_nobody_anything",),
    ),
    "S2": (
        "a worker is killed with a request",
        ("test_run_deaths::test_a_killed_worker_is_replaced_and_the_log_says_what_it_held",),
    ),
    "S3": (
        "a worker aborts",
        ("test_faults_deaths::test_an_abort_in_a_handler_costs_its_own_request",),
    ),
    "S4": (
        "a loop is blocked",
        (
            "test_faults_stuck::test_a_blocked_loop_is_shown_killed_and_replaced_while_the_other_worker_serves",
            "test_run_health::test_a_loop_that_stands_still_is_dumped_and_killed_within_a_second_more",
        ),
    ),
    "S5": ("a worker is stopped", ("test_faults_stuck::test_a_stopped_worker_is_killed_and_replaced",)),
    "S6": ("an import takes long", ("test_faults_stuck::test_a_long_import_is_not_taken_for_a_blocked_loop",)),
    "S7": (
        "the first start fails",
        (
            "test_run_boot::test_an_application_that_cannot_start_is_shown_once",
            "test_run_preload::test_an_import_that_fails_in_the_leader_is_shown_once",
        ),
    ),
    "S8": (
        "crashes in a row",
        (
            "test_faults_deaths::test_crashes_in_a_row_come_ever_more_slowly_and_end_with_the_fix",
            "test_run_health::test_crashes_in_a_row_are_answered_ever_more_slowly_up_to_a_limit",
            "test_faults_deaths::test_a_crash_budget_that_is_spent_ends_it_with_1_and_a_verdict",
        ),
    ),
    "S9": (
        "rare crashes for months",
        ("test_run_health::test_crashes_that_are_rare_never_end_it_however_many_they_become",),
    ),
    "S10": (
        "the supervisor is killed",
        (
            "test_run_deaths::test_without_its_supervisor_nothing_is_left_in_two_seconds",
            "test_faults_deaths::test_without_its_supervisor_under_load_nothing_is_left",
        ),
    ),
    "S11": (
        "the supervisor is stopped for a while",
        (
            "test_faults_stuck::test_a_supervisor_that_was_stopped_kills_nobody_when_it_wakes",
            "test_run_health::test_time_in_which_the_supervisor_itself_stood_still_is_held_against_nobody",
        ),
    ),
    "S12": (
        "all of it is stopped for a while",
        ("test_faults_stuck::test_a_tree_that_was_stopped_as_a_whole_goes_on_as_it_was",),
    ),
    "S13": (
        "a stop at any moment, and twice",
        (
            "test_run_stop::test_a_stop_at_any_moment_of_the_start_leaves_nothing",
            "test_run_stop::test_a_second_int_ends_it_at_once_with_130",
            "test_run_stop::test_quit_ends_it_at_once",
            "test_faults_signals::test_a_stop_during_a_reload_leaves_nothing",
            "test_faults_signals::test_a_second_term_changes_nothing",
        ),
    ),
    "S14": ("Ctrl-C", ("test_faults_signals::test_ctrl_c_on_a_terminal_is_one_drain_without_a_traceback",)),
    "S15": (
        "a hundred HUPs",
        ("test_faults_signals::test_a_storm_of_hups_is_one_more_generation_and_no_more_descriptors",),
    ),
    "S16": (
        "signals are ignored at the start",
        (
            "test_faults_signals::test_what_was_ignored_at_the_start_does_not_keep_a_stop_from_working",
            "test_faults_signals::test_under_nohup_the_end_of_the_terminal_is_not_the_end",
        ),
    ),
    "S17": (
        "a reload brings broken code",
        (
            "test_run_reload::test_broken_new_code_keeps_the_old_and_the_fix_is_taken",
            "test_faults_signals::test_broken_new_code_costs_no_request",
            "test_run_recycling::test_a_release_that_has_gone_keeps_the_old_one_serving",
            "test_run_recycling::test_a_reload_by_steps_that_fails_in_the_middle_brings_the_old_back_to_full_count",
        ),
    ),
    "S18": ("reloads under load", ("test_run_reload::test_a_reload_loses_no_request",)),
    "S19": (
        "a reload is never ready",
        (
            "test_faults_signals::test_new_code_that_is_never_ready_is_given_up_and_the_old_serves_on",
            "test_run_limits::test_a_reload_whose_path_never_says_so_is_given_up",
        ),
    ),
    "S21": (
        "no process can be forked",
        (
            "test_faults_machine::test_when_no_process_can_be_forked_the_others_serve_and_it_recovers",
            "test_faults_machine::test_a_reload_for_which_no_process_can_be_started_keeps_the_old",
        ),
    ),
    "S22": (
        "no descriptors are left",
        ("test_faults_machine::test_a_worker_without_free_descriptors_pauses_and_recovers",),
    ),
    "S23": (
        "no memory is left",
        (
            "test_faults_machine::test_a_worker_that_the_kernel_killed_for_want_of_memory_is_told_as_such",
            "test_faults_deaths::test_without_its_supervisor_under_load_nothing_is_left",
        ),
    ),
    "S24": (
        "the clock jumps",
        ("test_faults_machine::test_jumps_of_the_wall_clock_end_nobody_and_the_log_follows",),
    ),
    "S25": (
        "the address cannot be listened on",
        (
            "test_faults_machine::test_a_taken_port_is_one_message",
            "test_faults_machine::test_a_privileged_port_is_one_message",
            "test_faults_machine::test_a_bad_address_is_one_message",
            "test_faults_machine::test_a_machine_without_ipv6_is_one_message_or_no_trouble",
        ),
    ),
    "S27": (
        "the application's children inherit all they can",
        ("test_faults_machine::test_a_child_of_the_application_does_not_keep_the_port",),
    ),
    "S28": (
        "something blocks the exit",
        (
            "test_faults_deaths::test_what_blocks_the_exit_is_killed_at_the_graceful_timeout_and_told",
            "test_faults_deaths::test_an_executor_that_works_on_is_not_waited_for_beyond_the_deadline",
        ),
    ),
    "S29": (
        "fewer CPUs may be used than there are",
        (
            "test_faults_machine::test_workers_0_counts_the_cpus_that_it_may_use",
            "test_faults_machine::test_workers_0_counts_what_a_quota_leaves",
        ),
    ),
    "S31": (
        "nobody reads the output any more",
        ("test_run_logs::test_when_the_reader_of_its_output_is_gone_it_serves_on_and_the_file_has_every_line",),
    ),
    "S32": (
        "workers are recycled under load",
        (
            "test_run_recycling::test_workers_past_their_requests_are_replaced_one_at_a_time_and_nothing_is_lost",
            "test_run_recycling::test_a_worker_that_uses_too_much_memory_is_replaced",
            "test_run_recycling::test_a_worker_past_its_lifetime_is_replaced",
        ),
    ),
    "L1": ("the leader is killed", ("test_faults_deaths::test_without_its_leader_no_request_is_lost",)),
    "P1": (
        "the reader of the output dies",
        (
            "test_run_logs::test_when_the_reader_of_its_output_is_gone_it_serves_on_and_the_file_has_every_line",
            "test_log_writer::test_a_reader_that_is_gone_stops_neither_writer_nor_log_file",
        ),
    ),
    "P2": (
        "the reader of the output does not read",
        (
            "test_run_logs::test_a_reader_that_does_not_read_holds_nobody_up",
            "test_log_writer::test_nobody_waits_for_a_reader_that_does_not_read",
        ),
    ),
    "P3": ("the disk is full", ("test_log_writer::test_a_full_disk_is_told_once_and_recovered_from",)),
    "P4": (
        "rotation",
        (
            "test_run_logs::test_rotation_under_load_loses_and_splits_no_line",
            "test_log_writer::test_rotation_loses_and_splits_no_line",
        ),
    ),
    "P5": (
        "long lines of several workers",
        (
            "test_run_logs::test_long_lines_of_two_workers_do_not_mix",
            "test_log_writer::test_long_lines_of_two_processes_never_interleave",
        ),
    ),
    "P6": (
        "a crash right after a line",
        (
            "test_run_logs::test_what_was_said_right_before_a_crash_is_heard",
            "test_log_writer::test_last_words_before_a_sudden_death_are_heard",
        ),
    ),
    "P7": ("hostile bytes", ("test_log_writer::test_hostile_bytes_make_one_visible_record",)),
    "P8": (
        "a storm of lines",
        (
            "test_run_logs::test_a_storm_of_warnings_is_cut_and_the_loop_lives",
            "test_log_writer::test_a_storm_of_warnings_is_cut_and_counted",
        ),
    ),
    "N1": (
        "headers come slowly",
        (
            "test_limits_times::test_a_request_that_is_not_complete_in_time_is_answered_408",
            "test_limits_times::test_a_trickle_of_headers_does_not_buy_time",
            "test_limits_times::test_a_connection_that_brings_nothing_is_closed_without_a_word",
        ),
    ),
    "N2": (
        "bodies come slowly, answers are read slowly",
        (
            "test_limits_times::test_a_body_that_stands_still_is_answered_408",
            "test_limits_times::test_a_body_that_comes_slowly_and_steadily_is_taken",
            "test_limits_times::test_a_client_that_does_not_read_its_answer_is_cut_off",
            "test_limits_times::test_a_client_that_reads_slowly_and_steadily_gets_all_of_it",
        ),
    ),
    "N3": (
        "a TLS handshake stands still",
        ("test_run_tls_port::test_a_handshake_that_stands_still_is_cut_off_at_its_deadline_and_leaves_nothing",),
    ),
    "N4": (
        "a flood of idle connections",
        ("test_faults_clients::test_a_flood_of_connections_that_are_kept_idle_ends_and_others_are_served",),
    ),
    "N5": (
        "requests are too large",
        (
            "test_limits_sizes::test_a_header_block_that_is_too_large_is_refused_with_431",
            "test_limits_sizes::test_five_thousand_header_fields_are_refused_with_431",
            "test_limits_sizes::test_a_target_that_is_too_long_is_refused_with_414",
            "test_limits_sizes::test_a_body_that_is_too_large_is_refused_with_413",
            "test_limits_sizes::test_a_chunked_body_that_becomes_too_large_is_refused_with_413",
            "test_limits_sizes::test_a_body_that_unpacks_to_too_much_is_refused_with_413",
            "test_limits_sizes::test_too_many_parts_and_arguments_are_refused_with_400",
            "test_limits_sizes::test_what_is_too_large_takes_no_memory",
        ),
    ),
    "N6": (
        "requests are hidden in others, and cut anywhere",
        (
            "test_faults_clients::test_where_a_request_ends_is_never_in_doubt",
            "test_faults_clients::test_it_makes_no_difference_where_a_request_is_cut",
            "test_proxies::test_no_request_is_smuggled_past_a_proxy",
        ),
    ),
    "N7": (
        "requests come while it drains",
        (
            "test_run_drain::test_pipelined_requests_are_all_answered",
            "test_run_drain::test_an_idle_connection_sees_a_clean_end_after_the_linger",
            "test_refusals::test_a_stop_waits_for_an_answer_that_is_not_taken_yet",
        ),
    ),
    "N8": (
        "clients break off in the middle of an answer",
        ("test_faults_clients::test_a_client_that_breaks_off_in_the_middle_of_an_answer_leaves_nothing",),
    ),
    "N9": (
        "WebSockets are open at a stop",
        (
            "test_run_drain::test_websockets_are_told_one_after_the_other",
            "test_run_stop::test_a_websocket_is_told_that_the_server_goes_away",
        ),
    ),
    "N10": (
        "WebSocket clients break the rules",
        (
            "test_faults_websockets::test_a_frame_that_breaks_the_rules_ends_its_connection_alone",
            "test_faults_websockets::test_a_flood_of_pings_is_answered_and_takes_no_memory",
            "test_faults_websockets::test_options_set_what_the_application_has_set_and_leave_the_rest",
        ),
    ),
    "N11": (
        "the queue overflows",
        ("test_faults_clients::test_clients_that_overflow_the_queue_of_stopped_workers_are_all_served_in_the_end",),
    ),
    "N12": (
        "HTTP/2, TLS on a plain port, plain HTTP on a TLS port",
        (
            "test_faults_clients::test_what_is_no_http_1_is_answered_400",
            "test_run_tls_port::test_the_preface_of_http_2_is_plain_http",
            "test_run_tls_port::test_tls_on_a_plain_port_is_no_request_and_harms_nobody",
            "test_run_tls_port::test_plain_http_is_answered_with_the_address_to_use_instead",
        ),
    ),
    "N13": (
        "somebody claims to be another by forwarded headers",
        (
            "test_trusted_proxies::test_what_a_stranger_says_of_itself_changes_nothing",
            "test_trusted_proxies::test_what_a_trusted_proxy_cannot_mean_is_refused",
            "test_proxies::test_what_a_client_says_of_itself_changes_nothing",
            "test_run_proxy_protocol::test_a_stranger_cannot_introduce_itself",
            "test_forwarded::test_whatever_a_client_writes_the_proxy_s_word_counts",
        ),
    ),
    "T1": (
        "a certificate or key is not there, or not to be read",
        (
            "test_run_tls::test_what_is_wrong_is_said_before_anything_forks",
            "test_run_certificates::test_what_is_wrong_in_a_folder_is_said_before_anything_forks",
            "test_tls::test_a_file_that_cannot_be_used_is_named_with_the_reason",
            "test_tls::test_a_file_that_this_user_may_not_read_is_named",
        ),
    ),
    "T2": (
        "a certificate is not valid, or not for long",
        (
            "test_run_tls::test_an_expired_certificate_is_served_with_a_warning",
            "test_tls::test_a_period_of_validity_that_clients_will_mind_is_a_warning",
            "test_certificates_policy::test_a_certificate_that_ends_soon_is_told_of_once_a_day_and_at_once_when_it_has_ended",
            "test_certificates_keeper::test_an_end_that_comes_near_is_told_of_daily_while_it_runs",
        ),
    ),
    "T3": (
        "a key is another certificate's",
        (
            "test_run_tls::test_what_is_wrong_is_said_before_anything_forks",
            "test_run_certificates::test_at_a_reload_a_bad_pair_is_told_at_once_and_the_old_one_is_served_by_the_new_workers",
            "test_certificates_keeper::test_what_cannot_be_served_leaves_the_old_and_is_told_once_when_it_stays",
        ),
    ),
    "T4": (
        "a key is encrypted",
        (
            "test_run_tls::test_a_certificate_turns_tls_on",
            "test_run_tls::test_what_is_wrong_is_said_before_anything_forks",
            "test_tls::test_nobody_is_asked_for_a_password_even_at_a_terminal",
        ),
    ),
    "T5": (
        "keys, versions and suites are weak",
        (
            "test_tls::test_a_weak_rsa_key_is_refused_with_its_size",
            "test_tls::test_what_openssl_alone_knows_to_be_weak_is_refused_too",
            "test_run_certificates::test_a_client_of_an_old_version_or_without_forward_secrecy_is_refused",
            "test_tls_audits::test_sslyze_finds_mozillas_intermediate_configuration",
            "test_tls_audits::test_testssl_finds_nothing_but_what_is_the_development_certificates",
        ),
    ),
    "T6": (
        "others can read the key",
        (
            "test_tls::test_a_key_that_others_can_read_is_a_warning",
            "test_certificates_keeper::test_files_that_are_only_touched_are_not_handed_out_but_a_mode_that_is_too_open_is_told",
        ),
    ),
    "T7": (
        "certificates are exchanged under load",
        (
            "test_run_certificates::test_a_link_that_is_swapped_reaches_every_worker_and_open_connections_go_on",
            "test_run_certificates::test_a_worker_that_comes_later_serves_with_the_current_pair",
            "test_run_certificates::test_workers_that_may_read_nothing_any_more_get_new_certificates",
        ),
    ),
    "T8": (
        "certificates are written slowly, or in part",
        (
            "test_run_certificates::test_a_certificate_that_is_written_long_before_its_key_costs_nobody_a_handshake",
            "test_certificates_keeper::test_a_certificate_that_is_there_before_its_key_is_waited_for_without_a_word",
            "test_certificates_policy::test_what_has_changed_is_read_when_it_is_left_alone",
        ),
    ),
    "T9": (
        "a link leads to another certificate",
        (
            "test_run_certificates::test_a_link_that_is_swapped_reaches_every_worker_and_open_connections_go_on",
            "test_certificates_keeper::test_a_link_that_is_swapped_is_another_certificate",
        ),
    ),
    "T10": (
        "strangers on the TLS port: plain HTTP, names that are nobody's",
        (
            "test_run_tls::test_plain_http_on_a_tls_port_harms_nobody",
            "test_run_tls_port::test_plain_http_is_answered_with_the_address_to_use_instead",
            "test_run_tls_port::test_strangers_cost_a_line_each_kind_and_nobody_an_answer",
            "test_run_tls_port::test_a_flood_of_handshakes_that_come_to_nothing_is_borne",
            "test_run_certificates::test_a_client_gets_the_certificate_for_the_name_that_it_asks_for",
        ),
    ),
    "T11": (
        "the chain is not whole, or in the wrong order",
        (
            "test_tls::test_a_leaf_of_a_public_authority_without_its_intermediate_is_a_warning",
            "test_tls::test_certificates_in_the_wrong_order_are_served_in_the_right_one_with_a_warning",
            "test_run_certificates::test_a_chain_in_the_wrong_order_is_told_and_served_so_that_clients_can_verify_it",
        ),
    ),
    "D1": (
        "broken code is saved",
        (
            "test_serve_faults::test_an_import_error_deep_down_is_shown_and_every_file_is_watched_on",
            "test_serve_failures::test_broken_code_is_a_page_in_whatever_way_it_is_broken",
            "test_serve_failures::test_a_first_start_that_fails_waits_for_the_fix",
        ),
    ),
    "D2": (
        "an import has no end",
        (
            "test_serve_faults::test_an_import_without_end_is_a_page_and_the_next_save_ends_it",
            "test_serve_failures::test_an_endless_import_is_a_page_that_asks_for_patience_and_the_fix_is_served",
            "test_serve_stop::test_a_stop_during_an_endless_import_is_a_stop",
        ),
    ),
    "D3": (
        "an import ends its process",
        (
            "test_serve_faults::test_code_that_ends_its_process_is_run_for_each_save_and_at_most_once_more",
            "test_serve_failures::test_an_application_that_dies_while_it_serves_is_a_page_until_the_next_save",
            "test_serve_failures::test_an_application_that_kills_what_forks_it_ends_the_server_with_a_word",
        ),
    ),
    "D4": (
        "a storm of saves",
        (
            "test_serve_faults::test_a_storm_of_saves_ends_with_the_last_and_never_piles_up",
            "test_serve_faults::test_reloads_leave_no_descriptors_behind",
            "test_serve_reload::test_a_burst_of_saves_ends_with_the_last",
        ),
    ),
    "D5": (
        "the application starts threads and processes",
        (
            "test_serve_faults::test_what_the_application_started_is_gone_after_each_reload_and_at_the_end",
            "test_serve_failures::test_what_the_application_started_goes_with_it",
        ),
    ),
    "D6": (
        "a reload meets requests, WebSockets and streams",
        (
            "test_serve_reload::test_a_request_in_flight_is_finished_by_the_code_that_began_it",
            "test_serve_reload::test_a_request_without_end_is_cut_after_the_grace",
            "test_serve_faults::test_a_websocket_is_told_to_go_and_the_next_one_meets_the_new_code",
            "test_serve_faults::test_a_stream_of_events_is_finished_within_the_grace",
            "test_serve_faults::test_a_stream_without_end_is_cut_cleanly_after_the_grace",
        ),
    ),
    "D8": (
        "the server is killed, its terminal closes",
        (
            "test_serve_failures::test_without_its_server_nothing_is_left_in_two_seconds",
            "test_serve_faults::test_a_killed_server_leaves_nothing_of_what_the_application_started",
            "test_serve_faults::test_a_server_that_is_killed_during_a_reload_leaves_nothing",
            "test_serve_stop::test_the_end_of_the_terminal_is_the_end",
        ),
    ),
    "D9": (
        "somebody else wants the port between two reloads",
        (
            "test_serve_faults::test_nobody_else_gets_the_port_during_a_reload",
            "test_serve_reload::test_twenty_reloads_refuse_nobody_and_old_code_answers_nobody_who_came_later",
            "test_serve_stop::test_the_other_address_of_a_script_stays_bound_over_reloads",
        ),
    ),
    "D10": (
        "a save during a start, of settings too",
        (
            "test_serve_faults::test_a_save_during_the_first_start_is_served",
            "test_serve_faults::test_a_save_during_a_reload_is_served",
            "test_serve_faults::test_a_setting_of_the_application_that_is_edited_is_read_again",
        ),
    ),
    "W1": (
        "there may be no more watches",
        (
            "test_faults_watching::test_when_the_system_gives_no_watches_it_looks_for_itself_and_says_so_once",
            "test_faults_watching::test_when_watches_run_out_later_it_looks_for_itself_and_says_so_once",
        ),
    ),
    "W2": (
        "there may be no more instances",
        ("test_faults_watching::test_when_the_system_gives_no_watches_it_looks_for_itself_and_says_so_once",),
    ),
    "W3": (
        "the kernel loses events",
        ("test_faults_watching::test_when_the_kernel_loses_events_the_last_edit_is_found",),
    ),
    "W4": (
        "editors save in their ways",
        ("test_faults_watching::test_each_way_to_save_is_one_reload_of_the_whole_file",),
    ),
    "W5": (
        "links are swapped, lead to packages, or in circles",
        (
            "test_faults_watching::test_a_link_to_a_package_may_lead_elsewhere_at_any_time",
            "test_faults_watching::test_links_in_circles_cost_nothing",
            "test_watching_ground::test_a_loop_of_links_ends",
        ),
    ),
    "W6": (
        "folders go, come back, move; another branch; a removed environment",
        (
            "test_faults_watching::test_the_folder_itself_may_go_and_come_back",
            "test_faults_watching::test_another_branch_is_served_with_all_its_files",
            "test_faults_watching::test_a_virtual_environment_that_is_removed_is_noise",
            "test_serve_reload::test_files_that_come_go_and_move_are_seen",
        ),
    ),
    "W7": (
        "a file system does not tell of changes",
        (
            "test_faults_watching::test_an_edit_behind_a_mounted_file_system_is_found",
            "test_mounts::test_the_nearest_mount_says_whether_a_folder_may_change_without_a_word",
        ),
    ),
    "W8": (
        "times stand still or go back",
        (
            "test_faults_watching::test_times_that_stand_still_or_go_back_hide_no_edit",
            "test_watching_ground::test_an_edit_that_keeps_size_and_time_is_found",
        ),
    ),
    "W9": (
        "names, sizes and folders that nobody expects",
        (
            "test_faults_watching::test_names_and_sizes_that_nobody_expects_do_not_end_the_watching",
            "test_faults_watching::test_a_folder_that_may_not_be_read_ends_nothing_and_is_watched_when_it_may",
            "test_watching_ground::test_names_that_are_no_text_are_names",
        ),
    ),
    "W10": (
        "noise",
        (
            "test_faults_watching::test_what_the_application_and_its_tools_write_restarts_nothing",
            "test_serve_reload::test_noise_restarts_nothing",
        ),
    ),
    "X1": (
        "what only development shows is asked of production",
        (
            "test_browser_tools::test_run_has_nothing_of_it",
            "test_run_serving::test_debug_settings_are_undone_with_a_warning",
            "test_inspector::test_without_debug_there_is_nothing_of_it",
        ),
    ),
    "X2": (
        "a page of another origin asks",
        (
            "test_browser_tools::test_a_page_of_another_origin_is_refused",
            "test_browser_tools::test_the_token_of_this_run_is_needed",
            "test_inspector::test_nobody_else_has_anything_sent_again",
            "test_inspector::test_without_the_token_of_this_run_nothing_is_sent_again",
        ),
    ),
    "X3": (
        "a stranger's name leads to this machine (DNS rebinding)",
        (
            "test_allowed_hosts::test_serve_answers_for_any_host_but_shows_the_source_to_this_machine_s_own_only",
            "test_allowed_hosts::test_a_request_for_another_host_is_misdirected_and_the_connection_stays",
            "test_browser_tools::test_another_host_is_misdirected_though_the_origin_is_its_own",
            "test_inspector::test_what_it_shows_is_for_pages_of_this_machine",
        ),
    ),
    "X4": (
        "another site loads what is shown here",
        (
            "test_browser_tools::test_another_site_can_load_nothing",
            "test_inspector::test_what_it_shows_is_for_pages_of_this_machine",
        ),
    ),
    "X5": (
        "an error page has secrets to show",
        (
            "test_error_page::test_no_secret_is_shown",
            "test_error_page::test_values_are_shown_only_when_asked_for_and_without_secrets",
            "test_error_page::test_what_the_failure_says_is_text_under_a_strict_policy",
            "test_error_page::test_another_host_site_or_address_learns_nothing",
            "test_error_page::test_without_debug_the_page_says_where_to_look",
        ),
    ),
    "X6": (
        "a page of the server's is to run something",
        (
            "test_error_page::test_lines_are_links_into_the_editor_and_nothing_asks_the_server_to_open_it",
            "test_browser_tools::test_there_is_nothing_else",
            "test_browser_tools::test_nothing_is_done_for_who_is_no_page_of_ours",
        ),
    ),
    "X7": (
        "others can reach a server that shows its application's insides",
        ("test_browser_tools::test_another_machine_gets_the_application_only_unless_it_may",),
    ),
    "X8": (
        "requests and settings are full of secrets, and things go wrong",
        (
            "test_secrets_in_logs::test_nothing_secret_is_told",
            "test_run_serving::test_an_access_line_masks_what_is_secret",
        ),
    ),
    "X9": (
        "what comes from outside would be lines of the log",
        (
            "test_forward_console::test_complaints_are_lines_of_the_log_without_secrets_and_harmless",
            "test_log_record::test_a_hostile_request_makes_one_visible_line",
        ),
    ),
    "X10": (
        "what comes from outside would draw on the terminal",
        (
            "test_log_render::test_foreign_text_is_neither_markup_nor_control",
            "test_forward_console::test_complaints_are_lines_of_the_log_without_secrets_and_harmless",
        ),
    ),
    "X11": (
        "a static file is asked for that is none",
        (
            "test_page_injection::test_nothing_outside_of_the_static_files_is_served",
            "test_browser_tools::test_there_is_nothing_else",
        ),
    ),
    "X13": (
        "others can write where temporary files lie",
        ("test_browser_tools::test_nothing_is_put_where_others_can_write",),
    ),
    "X12": (
        "a new project is served as it was made",
        (
            "test_new::test_each_project_has_a_secret_of_its_own_for_its_owner_only",
            "test_scaffolded_project::test_it_refuses_to_serve_without_a_secret",
            "test_scaffolded_scans::test_bandit_finds_nothing_of_medium_severity",
            "test_scaffolded_scans::test_pip_audit_knows_nothing_against_what_it_depends_on",
            "test_scaffolded_owasp::test_a01_other_sites_act_for_nobody",
            "test_scaffolded_owasp::test_a02_every_answer_has_the_headers_that_bind_browsers",
            "test_scaffolded_owasp::test_a07_a_session_is_no_business_of_scripts_and_a_new_one_at_each_login",
        ),
    ),
    "X14": (
        "a template is somebody else's",
        (
            "test_new_template_dir::test_a_template_in_a_folder_is_rendered",
            "test_new_template_dir::test_a_template_in_a_repository_is_fetched_and_its_commit_kept",
            "test_new_template_dir::test_what_might_be_a_program_is_no_address",
            "test_scaffold_project::test_nothing_outside_of_a_template_is_read",
        ),
    ),
    "F1": (
        "something is there already: a folder, a file, a link",
        (
            "test_new::test_what_exists_is_not_touched",
            "test_new::test_no_link_is_written_through",
            "test_new::test_what_is_in_the_way_can_be_set_aside",
            "test_files::test_nothing_is_written_through_a_link",
            "test_files::test_a_folder_of_that_name_is_not_touched",
        ),
    ),
    "F2": (
        "the folder may not be written in, or not be entered",
        (
            "test_new_faults::test_a_folder_that_may_not_be_written_in_or_entered_stays_as_it_is",
            "test_files::test_a_disk_that_does_not_take_it_is_left_as_it_was",
        ),
    ),
    "F3": (
        "the disk is full",
        (
            "test_files::test_a_full_disk_leaves_nothing",
            "test_files::test_a_disk_that_does_not_take_it_is_left_as_it_was",
        ),
    ),
    "F4": (
        "it is stopped or killed half-way",
        (
            "test_new_faults::test_a_kill_at_any_of_fifty_moments_leaves_the_whole_project_or_none",
            "test_new::test_a_kill_leaves_the_whole_project_or_none_and_a_signal_to_stop_nothing_else",
            "test_new::test_in_a_folder_that_is_there_nothing_of_its_owner_is_ever_lost",
            "test_files::test_a_signal_waits_until_the_disk_is_clean",
        ),
    ),
    "F5": (
        "the disk fails",
        (
            "test_new_faults::test_what_the_kernel_refuses_is_told_and_leaves_nothing",
            "test_files::test_what_the_disk_could_not_take_at_the_end_leaves_nothing",
        ),
    ),
    "F6": (
        "a name is hostile",
        (
            "test_project_names::test_a_name_that_passes_is_a_package_and_a_distribution_and_a_folder_everywhere",
            "test_project_names::test_a_problem_is_told_with_a_name_that_would_do",
            "test_scaffold_project::test_every_good_name_makes_code_that_parses",
        ),
    ),
    "F7": (
        "a folder becomes a link meanwhile",
        (
            "test_new_faults::test_who_swaps_a_folder_for_a_link_meanwhile_leads_nothing_elsewhere",
            "test_files::test_a_parent_that_becomes_a_link_leads_nowhere_else",
        ),
    ),
    "F8": (
        "the umask is open, or shut",
        (
            "test_files::test_modes_are_what_was_asked_for_less_the_umask",
            "test_new::test_each_project_has_a_secret_of_its_own_for_its_owner_only",
        ),
    ),
    "F9": (
        "several make the same project at once",
        ("test_new::test_of_several_at_once_exactly_one_makes_the_project",),
    ),
    "F10": (
        "there is no network, no git, or one with hooks",
        (
            "test_new_follow_up::test_no_network_is_needed",
            "test_new_follow_up::test_a_git_that_fails_is_told_and_loses_nothing",
            "test_new_follow_up::test_no_hook_of_anybody_runs_and_no_other_repository_is_touched",
        ),
    ),
}
"""By the number of the fault: what happens, and `module::test` of those who let it happen."""


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_tests(fault: str) -> None:
    _, tests = FAULTS[fault]
    for name in tests:
        module, _, test = name.partition("::")
        [file] = TESTS.glob(f"*/{module}.py")
        assert f"def {test}(" in file.read_text(), name
