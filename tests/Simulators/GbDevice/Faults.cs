namespace EdgeRecorder.Simulators.GbDevice;

/// <summary>What is wrong with the program stream map.</summary>
internal enum MapFault
{
    /// <summary>With every sync sample, as it should be.</summary>
    None,
    Missing,

    /// <summary>Not with the first sync samples.</summary>
    Late,

    /// <summary>With the first sync sample only.</summary>
    Once,

    /// <summary>With every picture.</summary>
    Every,

    /// <summary>It names the other codecs.</summary>
    Wrong,
}

internal enum SsrcFault
{
    None,

    /// <summary>One more than was agreed on.</summary>
    Wrong,
    Zero,
}

/// <summary>What is wrong with a device, or with one of its channels, at the moment. Only the pacer's thread uses it.</summary>
internal sealed class Faults
{
    /// <summary>So many media packets in a thousand, chosen by chance.</summary>
    public int Drop, Duplicate, Reorder;

    /// <summary>Media stops until this instant of the pacer.</summary>
    public double StalledUntil;

    /// <summary>After a stall everything held back is sent at once; otherwise it was never filmed.</summary>
    public bool StallKeepsBacklog;

    public SsrcFault Ssrc;
    public MapFault Map;
    public bool Alternate, NoMarker, Unbounded, PrivateStreams, Stuffing, SplitParameterSets, AudioWithoutPack;
    public int LargestPes = Media.PsWriter.LargestPes;

    /// <summary>Seconds until the answer to an INVITE; and from the ACK to media.</summary>
    public double AnswerDelay, MediaDelay;

    /// <summary>INVITEs get no answer at all; or 100 and nothing further; or this status.</summary>
    public bool NoAnswer, OnlyTrying;
    public int Refuse;

    /// <summary>The answer has another SSRC than the offer, as of a platform in a domain of its own; or none.</summary>
    public bool OwnSsrc, NoSsrc;

    /// <summary>BYE is answered, and media goes on.</summary>
    public bool KeepSending;
    public bool NoMedia, NoEnd;

    /// <summary>Hears and says nothing.</summary>
    public bool Mute;
    public bool NoHeartbeat, WrongPassword, Compact;

    /// <summary>Added to Content-Length.</summary>
    public int LengthError;

    /// <summary>Added to SumNum of lists.</summary>
    public int SumError;

    /// <summary>The part of a list that is never sent, from 1; 0 = none is lost.</summary>
    public int LosePart;
    public bool PartsTwice, PartsBackwards, WrongNum, NoLists;

    public bool TouchesPackets => (Drop | Duplicate | Reorder) != 0;

    public void Clear()
    {
        Drop = Duplicate = Reorder = 0;
        StalledUntil = AnswerDelay = MediaDelay = 0;
        Ssrc = SsrcFault.None;
        Map = MapFault.None;
        LargestPes = Media.PsWriter.LargestPes;
        StallKeepsBacklog = Alternate = NoMarker = Unbounded = PrivateStreams = Stuffing = SplitParameterSets = AudioWithoutPack = false;
        NoAnswer = OnlyTrying = OwnSsrc = NoSsrc = KeepSending = NoMedia = NoEnd = Mute = NoHeartbeat = WrongPassword = Compact = false;
        PartsTwice = PartsBackwards = WrongNum = NoLists = false;
        Refuse = LengthError = SumError = LosePart = 0;
    }
}
