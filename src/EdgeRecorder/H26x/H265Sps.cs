using EdgeRecorder.Bytes;

namespace EdgeRecorder.H26x;

/// <summary>Sequence parameter set of H.265 (7.3.2.2 and Annex E), read as far as the VUI timing.</summary>
internal static class H265Sps
{
    private const string Protocol = "H.265 SPS";

    /// <param name="nal">The whole NAL unit, escaped.</param>
    /// <exception cref="ProtocolException">A field does not fit.</exception>
    public static VideoFormat Parse(ReadOnlySpan<byte> nal)
    {
        var bits = new BitReader(Rbsp.Unescape(nal), Protocol);
        bits.Skip(16, "nal_unit_header");
        bits.Skip(4, "sps_video_parameter_set_id");
        var subLayers = (int)bits.Bits(3, "sps_max_sub_layers_minus1");
        bits.Flag("sps_temporal_id_nesting_flag");
        SkipProfileTierLevel(ref bits, subLayers);
        var id = bits.Ue("sps_seq_parameter_set_id", 15);
        var chroma = bits.Ue("chroma_format_idc", 3);
        if (chroma == 3 && bits.Flag("separate_colour_plane_flag"))
            chroma = 0;
        var width = bits.Ue("pic_width_in_luma_samples", 16384);
        var height = bits.Ue("pic_height_in_luma_samples", 16384);
        if (bits.Flag("conformance_window_flag"))
        {
            var unitX = chroma is 1 or 2 ? 2 : 1;
            var unitY = chroma == 1 ? 2 : 1;
            width -= (bits.Ue("conf_win_left_offset", 16384) + bits.Ue("conf_win_right_offset", 16384)) * unitX;
            height -= (bits.Ue("conf_win_top_offset", 16384) + bits.Ue("conf_win_bottom_offset", 16384)) * unitY;
        }
        if (width <= 0 || height <= 0)
            throw new ProtocolException(Protocol, nal.Length - bits.RemainingBits / 8, "conformance window", "nothing is left of the picture");
        SkipCodingTools(ref bits, subLayers);
        var rate = bits.Flag("vui_parameters_present_flag") ? ReadFrameRate(ref bits) : 0;
        return new(id, width, height, rate, Interlaced: false);
    }

    private static void SkipProfileTierLevel(ref BitReader bits, int subLayers)
    {
        bits.Skip(88 + 8, "general profile, general_level_idc");
        if (subLayers == 0)
            return;
        var present = bits.Bits(16, "sub_layer_profile_present_flag, sub_layer_level_present_flag");    // 8 pairs with reserved_zero_2bits
        for (var layer = 0; layer < subLayers; layer++)
        {
            if ((present >> (15 - 2 * layer) & 1) != 0)
                bits.Skip(88, "sub_layer profile");
            if ((present >> (14 - 2 * layer) & 1) != 0)
                bits.Skip(8, "sub_layer_level_idc");
        }
    }

    private static void SkipCodingTools(ref BitReader bits, int subLayers)
    {
        bits.Ue("bit_depth_luma_minus8", 8);
        bits.Ue("bit_depth_chroma_minus8", 8);
        var pocBits = bits.Ue("log2_max_pic_order_cnt_lsb_minus4", 12) + 4;
        for (var layer = bits.Flag("sps_sub_layer_ordering_info_present_flag") ? 0 : subLayers; layer <= subLayers; layer++)
        {
            bits.Ue("sps_max_dec_pic_buffering_minus1");
            bits.Ue("sps_max_num_reorder_pics");
            bits.Ue("sps_max_latency_increase_plus1");
        }
        bits.Ue("log2_min_luma_coding_block_size_minus3");
        bits.Ue("log2_diff_max_min_luma_coding_block_size");
        bits.Ue("log2_min_luma_transform_block_size_minus2");
        bits.Ue("log2_diff_max_min_luma_transform_block_size");
        bits.Ue("max_transform_hierarchy_depth_inter");
        bits.Ue("max_transform_hierarchy_depth_intra");
        if (bits.Flag("scaling_list_enabled_flag") && bits.Flag("sps_scaling_list_data_present_flag"))
            SkipScalingLists(ref bits);
        bits.Skip(2, "amp_enabled_flag, sample_adaptive_offset_enabled_flag");
        if (bits.Flag("pcm_enabled_flag"))
        {
            bits.Skip(8, "pcm sample bit depths");
            bits.Ue("log2_min_pcm_luma_coding_block_size_minus3");
            bits.Ue("log2_diff_max_min_pcm_luma_coding_block_size");
            bits.Flag("pcm_loop_filter_disabled_flag");
        }
        SkipShortTermSets(ref bits);
        if (bits.Flag("long_term_ref_pics_present_flag"))
            for (var left = bits.Ue("num_long_term_ref_pics_sps", 32); left > 0; left--)
                bits.Skip(pocBits + 1, "lt_ref_pic_poc_lsb_sps");
        bits.Skip(2, "sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag");
    }

    private static void SkipScalingLists(ref BitReader bits)
    {
        for (var size = 0; size < 4; size++)
            for (var matrix = 0; matrix < 6; matrix += size == 3 ? 3 : 1)
            {
                if (!bits.Flag("scaling_list_pred_mode_flag"))
                {
                    bits.Ue("scaling_list_pred_matrix_id_delta");
                    continue;
                }
                if (size > 1)
                    bits.Se("scaling_list_dc_coef_minus8");
                for (var left = Math.Min(64, 1 << (4 + 2 * size)); left > 0; left--)
                    bits.Se("scaling_list_delta_coef");
            }
    }

    private static void SkipShortTermSets(ref BitReader bits)
    {
        var sets = bits.Ue("num_short_term_ref_pic_sets", 64);
        var deltas = 0;                                     // NumDeltaPocs of the set before
        for (var set = 0; set < sets; set++)
        {
            if (set > 0 && bits.Flag("inter_ref_pic_set_prediction_flag"))
            {
                bits.Flag("delta_rps_sign");
                bits.Ue("abs_delta_rps_minus1");
                var kept = 0;
                for (var j = 0; j <= deltas; j++)
                    if (bits.Flag("used_by_curr_pic_flag") || bits.Flag("use_delta_flag"))
                        kept++;
                deltas = kept;
                continue;
            }
            deltas = bits.Ue("num_negative_pics", 16) + bits.Ue("num_positive_pics", 16);
            for (var j = 0; j < deltas; j++)
            {
                bits.Ue("delta_poc_minus1");
                bits.Flag("used_by_curr_pic_flag");
            }
        }
    }

    private static double ReadFrameRate(ref BitReader bits)
    {
        VideoUsability.SkipPicture(ref bits);
        bits.Skip(3, "neutral_chroma_indication_flag, field_seq_flag, frame_field_info_present_flag");
        if (bits.Flag("default_display_window_flag"))
            for (var side = 0; side < 4; side++)
                bits.Ue("def_disp_win_offset");
        if (!bits.Flag("vui_timing_info_present_flag"))
            return 0;
        var unitsInTick = bits.Bits(32, "vui_num_units_in_tick");
        return VideoFormat.Rate(bits.Bits(32, "vui_time_scale"), unitsInTick);
    }
}
