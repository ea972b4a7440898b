namespace EdgeRecorder.Simulators.Terminal.Media;

internal enum StartCodes
{
    /// <summary>00 00 00 01 in front of every NAL unit.</summary>
    Long,

    /// <summary>00 00 01.</summary>
    Short,

    /// <summary>None in front of a frame's first NAL unit.</summary>
    None,
}

/// <summary>How IMA ADPCM lies in a block: three ways are in the field, and nothing in a packet says which.</summary>
internal enum AdpcmLayout
{
    /// <summary>The earlier sample in the high bits; the header holds what the first one is predicted from (RFC 3551, 4.5.1).</summary>
    Dvi4,

    /// <summary>The same with the earlier sample in the low bits.</summary>
    Dvi4LowFirst,

    /// <summary>The earlier sample in the low bits; the header holds the first sample itself, as in wave files.</summary>
    Ima,
}

/// <summary>How clips become packets.</summary>
/// <param name="SimBytes">6, or 10.</param>
/// <param name="LargestBody">Bytes.</param>
/// <param name="SetsOnce">Parameter sets only in the first frame of a stream.</param>
/// <param name="Adts">AAC frames keep their ADTS header.</param>
/// <param name="HiSilicon">00 01 LL 00 in front of every audio frame; LL counts the 16-bit words behind it.</param>
/// <param name="AudioFrame">Samples of G.711, G.726 and ADPCM per frame.</param>
internal sealed record PacketOptions(
    int SimBytes = 6, int LargestBody = 950, StartCodes StartCodes = StartCodes.Long, bool SetsOnce = false, bool Adts = true, bool HiSilicon = false,
    int AudioFrame = 320, AdpcmLayout Adpcm = AdpcmLayout.Dvi4);
