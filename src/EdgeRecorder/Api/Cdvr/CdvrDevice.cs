using System.Globalization;
using EdgeRecorder.Recording;

namespace EdgeRecorder.Api.Cdvr;

/// <summary>
/// A device and a channel as the family names them: <c>Protocol</c> 0 and 1 vehicle terminals (the edition is a hint, never a filter), 2 GB/T 28181, 3 RTSP cameras by their key
/// with channel 1 for main and 2 for sub.
/// </summary>
/// <param name="Sim">As the caller wrote it.</param>
/// <param name="Identity">As the recorder knows it: without leading zeros, where those mean nothing.</param>
/// <param name="Channel">Empty: the device as a whole.</param>
internal readonly record struct CdvrDevice(int Protocol, string Sim, string Identity, string Channel)
{
    public const int Rtsp = 3;
    private const int Surveillance = 2, LongestSim = 20, CodeDigits = 20, LongestKey = 64;

    public string ProtocolName => Protocol switch { Surveillance => "gb28181", Rtsp => "rtsp", _ => "jt808" };

    public byte Stream => Protocol == Rtsp && Channel == "2" ? (byte)1 : (byte)0;

    /// <summary>What it is awaited by.</summary>
    public string Name => Protocol == Rtsp ? ChannelNames.OfKey(ProtocolName, Identity) : ChannelNames.OfDevice(ProtocolName, Identity, Channel);

    /// <summary>Both editions of JT/T 808 are one.</summary>
    public string ExternalId => $"{(Protocol == 1 ? 0 : Protocol)}:{Identity}:{Channel}";

    /// <summary>The beginning that all channels of the device share.</summary>
    public string ExternalIdOfDevice => $"{(Protocol == 1 ? 0 : Protocol)}:{Identity}:";

    /// <summary>Null and the device, or what is wrong: the note of the answer.</summary>
    /// <param name="wantsChannel">False: without a channel the device as a whole is meant.</param>
    public static string? Read(string? sim, string? channel, int protocol, bool wantsChannel, out CdvrDevice device)
    {
        device = default;
        sim = sim?.Trim() ?? "";
        channel = channel?.Trim() ?? "";
        if (sim.Length == 0)
            return "missing Sim";
        if (wantsChannel && channel.Length == 0)
            return "missing Channel";
        if (protocol is < 0 or > Rtsp)
            return "invalid Protocol";
        if (IdentityOf(sim, protocol) is not { } identity)
            return "invalid Sim";
        if (channel.Length > 0 && ChannelOf(channel, protocol) is null)
            return "invalid Channel";
        device = new CdvrDevice(protocol, sim, identity, channel.Length == 0 ? "" : ChannelOf(channel, protocol)!);
        return null;
    }

    /// <summary>0 when it is missing.</summary>
    public static bool ReadProtocol(string? text, out int protocol)
    {
        protocol = 0;
        return string.IsNullOrWhiteSpace(text) || int.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out protocol);
    }

    /// <summary>A channel of the box as the family names it.</summary>
    public static CdvrDevice Of(ChannelDefinition channel, byte stream)
    {
        if (channel.DeviceChannel is not { } named)
            return new(Rtsp, channel.Key, channel.Key, stream == 1 ? "2" : "1");
        var identity = channel.Key[..^(named.Length + 1)];
        return channel.Protocol == "gb28181" ? new(Surveillance, identity, identity, named) : new(0, Shown(identity), identity, named);
    }

    /// <summary>Numbers of vehicle terminals are shown with twelve digits at the least, as the vendor does.</summary>
    public static string Shown(string identity) => identity.PadLeft(12, '0');

    private static string? IdentityOf(string sim, int protocol) => protocol switch
    {
        Surveillance => sim.Length == CodeDigits && IsDigits(sim) ? sim : null,
        Rtsp => sim.Length <= LongestKey && sim.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? sim : null,
        _ => sim.Length <= LongestSim && IsDigits(sim) && sim.TrimStart('0') is { Length: > 0 } number ? number : null,
    };

    private static string? ChannelOf(string channel, int protocol) => protocol switch
    {
        Surveillance => channel.Length == CodeDigits && IsDigits(channel) ? channel : null,
        Rtsp => channel is "1" or "2" ? channel : null,
        // 0 means all channels in the vendor's messages, and no channel here.
        _ => byte.TryParse(channel, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number.ToString(CultureInfo.InvariantCulture) : null,
    };

    private static bool IsDigits(string text) => text.All(char.IsAsciiDigit);
}
