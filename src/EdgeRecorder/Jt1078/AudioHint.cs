using EdgeRecorder.Audio;

namespace EdgeRecorder.Jt1078;

/// <summary>What was said of a channel's audio before any came (0x1003, parameter 0x0075, the terminal's settings). Packets win where they say it themselves.</summary>
internal sealed record AudioHint
{
    /// <summary>Nothing is known.</summary>
    public static readonly AudioHint Unknown = new();

    /// <summary>Audio was not asked for: nothing has to be waited for before the tracks are announced.</summary>
    public static readonly AudioHint NoAudio = new() { IsExpected = false };

    public bool IsExpected { get; init; } = true;

    /// <summary>Number of the codec in JT/T 1078-2016 table 12, for packets that carry none; 0 unknown.</summary>
    public byte PayloadType { get; init; }

    /// <summary>Hz, of AAC without ADTS.</summary>
    public int SamplingRate { get; init; } = 8000;

    /// <summary>Of AAC without ADTS.</summary>
    public int Channels { get; init; } = 1;

    public G726Packing G726Packing { get; init; }
}
