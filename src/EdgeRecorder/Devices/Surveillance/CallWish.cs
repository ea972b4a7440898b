using System.Globalization;
using System.Net;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Ledger;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>What a call is made for.</summary>
/// <param name="Channel">20 digits; that of the device itself where it is its own only channel.</param>
/// <param name="Stream">0 main, 1 sub.</param>
internal sealed record CallWish(string Channel, SessionPurpose Purpose, byte Stream)
{
    /// <summary>Playback and download: which footage.</summary>
    public DateTimeOffset? From { get; init; }
    public DateTimeOffset? To { get; init; }

    /// <summary>Download: so many times faster than it was filmed.</summary>
    public int Speed { get; init; } = 1;

    public bool IsLive => Purpose == SessionPurpose.Play;

    /// <summary>
    /// The offer (GB/T 28181-2016, annexes G and K). The stream stands in it only where it is not the main one: devices with one stream know the line as little as those that are older.
    /// </summary>
    /// <param name="serverId">Ours: o= names whoever wrote the description.</param>
    /// <param name="local">Where the device reaches us.</param>
    /// <param name="onlyPs">Without the payload types that devices look for and some stumble over.</param>
    public GbDescription Offer(string serverId, IPAddress local, int port, uint ssrc, MediaWay way, bool onlyPs) => new()
    {
        Owner = serverId,
        Address = local,
        Purpose = Purpose,
        Footage = IsLive ? null : $"{Channel}:0",
        From = From,
        To = To,
        Port = port,
        Transport = way == MediaWay.Udp ? MediaTransport.Udp : MediaTransport.Tcp,
        Setup = way switch { MediaWay.TcpPassive => SetupRole.Passive, MediaWay.TcpActive => SetupRole.Active, _ => null },
        Direction = MediaDirection.ReceiveOnly,
        Formats = IsLive && !onlyPs ? PayloadFormat.Offered : [PayloadFormat.Ps],
        DownloadSpeed = Purpose == SessionPurpose.Download ? Speed : null,
        StreamNumber = Stream == 0 ? null : Stream,
        Extra = Stream == 0 ? [] : [string.Create(CultureInfo.InvariantCulture, $"streamprofile:{Stream}"), "streamMode:SUB"],
        Ssrc = ssrc,
    };

    /// <summary>
    /// Subject (annex L): sender and its stream, receiver and its stream. A device that sends the same stream already drops the session before for this one, so every call has a name of its own.
    /// </summary>
    public string Subject(string serverId, uint ssrc) => $"{Channel}:{Ssrc.ToText(ssrc)},{serverId}:0";
}
