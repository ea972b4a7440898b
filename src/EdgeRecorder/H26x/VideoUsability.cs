using EdgeRecorder.Bytes;

namespace EdgeRecorder.H26x;

/// <summary>What the VUI of both codecs begins with (H.264 E.1.1, H.265 E.2.1): how the picture is to be shown, which a recorder leaves to the player.</summary>
internal static class VideoUsability
{
    /// <summary>Up to and with the place of the chroma samples.</summary>
    /// <exception cref="ProtocolException">A field does not fit.</exception>
    public static void SkipPicture(ref BitReader bits)
    {
        if (bits.Flag("aspect_ratio_info_present_flag") && bits.Bits(8, "aspect_ratio_idc") == 255)
            bits.Skip(32, "sar_width, sar_height");
        if (bits.Flag("overscan_info_present_flag"))
            bits.Flag("overscan_appropriate_flag");
        if (bits.Flag("video_signal_type_present_flag"))
        {
            bits.Skip(4, "video_format, video_full_range_flag");
            if (bits.Flag("colour_description_present_flag"))
                bits.Skip(24, "colour_primaries, transfer_characteristics, matrix_coefficients");
        }
        if (bits.Flag("chroma_loc_info_present_flag"))
        {
            bits.Ue("chroma_sample_loc_type_top_field", 5);
            bits.Ue("chroma_sample_loc_type_bottom_field", 5);
        }
    }
}
