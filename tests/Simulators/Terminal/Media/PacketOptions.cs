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

/// <summary>How clips become packets.</summary>
/// <param name="SimBytes">6, or 10.</param>
/// <param name="LargestBody">Bytes.</param>
/// <param name="SetsOnce">Parameter sets only in the first frame of a stream.</param>
/// <param name="Adts">AAC frames keep their ADTS header.</param>
/// <param name="HiSilicon">00 01 LL 00 in front of every audio frame; LL counts the 16-bit words behind it.</param>
/// <param name="AudioFrame">Samples of G.711, G.726 and ADPCM per frame.</param>
/// <param name="LowNibbleFirst">Order of the ADPCM codes in a byte; devices seen put the earlier one on top.</param>
internal sealed record PacketOptions(
    int SimBytes = 6, int LargestBody = 950, StartCodes StartCodes = StartCodes.Long, bool SetsOnce = false, bool Adts = true, bool HiSilicon = false,
    int AudioFrame = 320, bool LowNibbleFirst = false);
