using EdgeRecorder.Bytes;

namespace EdgeRecorder.H26x;

/// <summary>Sequence parameter set of H.264 (7.3.2.1.1 and Annex E), read as far as the VUI timing.</summary>
internal static class H264Sps
{
    private const string Protocol = "H.264 SPS";

    /// <param name="nal">The whole NAL unit, escaped.</param>
    /// <exception cref="ProtocolException">A field does not fit.</exception>
    public static VideoFormat Parse(ReadOnlySpan<byte> nal)
    {
        var bits = new BitReader(Rbsp.Unescape(nal), Protocol);
        bits.Skip(8, "nal_unit_header");
        var profile = bits.Bits(8, "profile_idc");
        bits.Skip(16, "constraint flags, level_idc");
        var id = bits.Ue("seq_parameter_set_id", 31);
        var chroma = 1;
        if (profile is 100 or 110 or 122 or 244 or 44 or 83 or 86 or 118 or 128 or 138 or 139 or 134 or 135)
            chroma = ReadHighProfile(ref bits);
        bits.Ue("log2_max_frame_num_minus4", 12);
        ReadPictureOrder(ref bits);
        bits.Ue("max_num_ref_frames", 64);
        bits.Flag("gaps_in_frame_num_value_allowed_flag");
        var width = (bits.Ue("pic_width_in_mbs_minus1", 1023) + 1) * 16;
        var mapUnits = bits.Ue("pic_height_in_map_units_minus1", 1023) + 1;
        var framesOnly = bits.Flag("frame_mbs_only_flag");
        if (!framesOnly)
            bits.Flag("mb_adaptive_frame_field_flag");
        bits.Flag("direct_8x8_inference_flag");
        var height = mapUnits * 16 * (framesOnly ? 1 : 2);
        if (bits.Flag("frame_cropping_flag"))
        {
            var unitX = chroma is 1 or 2 ? 2 : 1;
            var unitY = (chroma == 1 ? 2 : 1) * (framesOnly ? 1 : 2);
            width -= (bits.Ue("frame_crop_left_offset", 16383) + bits.Ue("frame_crop_right_offset", 16383)) * unitX;
            height -= (bits.Ue("frame_crop_top_offset", 16383) + bits.Ue("frame_crop_bottom_offset", 16383)) * unitY;
        }
        if (width <= 0 || height <= 0)
            throw new ProtocolException(Protocol, nal.Length - bits.RemainingBits / 8, "frame cropping", "nothing is left of the picture");
        var rate = bits.Flag("vui_parameters_present_flag") ? ReadFrameRate(ref bits) : 0;
        return new(id, width, height, rate, !framesOnly);
    }

    private static int ReadHighProfile(ref BitReader bits)
    {
        var chroma = bits.Ue("chroma_format_idc", 3);
        if (chroma == 3 && bits.Flag("separate_colour_plane_flag"))
            chroma = 0;
        bits.Ue("bit_depth_luma_minus8", 6);
        bits.Ue("bit_depth_chroma_minus8", 6);
        bits.Flag("qpprime_y_zero_transform_bypass_flag");
        if (bits.Flag("seq_scaling_matrix_present_flag"))
            for (var list = 0; list < (chroma == 3 ? 12 : 8); list++)
                if (bits.Flag("seq_scaling_list_present_flag"))
                    SkipScalingList(ref bits, list < 6 ? 16 : 64);
        return chroma;
    }

    private static void SkipScalingList(ref BitReader bits, int size)
    {
        var (last, next) = (8, 8);
        for (var j = 0; j < size; j++)
        {
            if (next != 0)
                next = (last + bits.Se("delta_scale")) & 255;
            last = next == 0 ? last : next;
        }
    }

    private static void ReadPictureOrder(ref BitReader bits)
    {
        var type = bits.Ue("pic_order_cnt_type", 2);
        if (type == 0)
            bits.Ue("log2_max_pic_order_cnt_lsb_minus4", 12);
        else if (type == 1)
        {
            bits.Flag("delta_pic_order_always_zero_flag");
            bits.Se("offset_for_non_ref_pic");
            bits.Se("offset_for_top_to_bottom_field");
            for (var left = bits.Ue("num_ref_frames_in_pic_order_cnt_cycle", 255); left > 0; left--)
                bits.Se("offset_for_ref_frame");
        }
    }

    private static double ReadFrameRate(ref BitReader bits)
    {
        VideoUsability.SkipPicture(ref bits);
        if (!bits.Flag("timing_info_present_flag"))
            return 0;
        var unitsInTick = bits.Bits(32, "num_units_in_tick");
        return VideoFormat.Rate(bits.Bits(32, "time_scale"), 2.0 * unitsInTick);    // a tick is a field (E.2.1)
    }
}
