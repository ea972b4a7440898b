using System.Net;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Cascade;

/// <summary>What the box is, to a platform above.</summary>
/// <param name="Name">What DeviceInfo says.</param>
/// <param name="Channels">All that there are now.</param>
/// <param name="PositionOf">Where the device of a channel is; null for one that does not move or has not said.</param>
/// <param name="MediaHost">Stands in c= of our answers; null: the address that the platform is reached from.</param>
/// <param name="Ports">Where we listen for platforms that connect for media; the range that a firewall has open.</param>
internal sealed record CascadeSurroundings(
    string Name, Func<IEnumerable<ChannelDefinition>> Channels, Func<ChannelDefinition, Position?> PositionOf, IRecorder Recorder, IRing Ring, BoxClock Clock, TimeProvider Time, IPAddress? MediaHost,
    RtpPortRange Ports, ILogger<UpperPlatforms> Log)
{
    public DateTimeOffset UtcNow => UtcTime.At(Ring.ToUtcUs(Clock.BoottimeUs));
}

/// <summary>What a platform above has cost so far; for people and metrics.</summary>
internal readonly record struct PlatformFigures
{
    public string ServerId { get; init; }

    /// <summary>Where it is, as configured: address or name, and port.</summary>
    public string Host { get; init; }
    public int Port { get; init; }

    /// <summary>Our code there.</summary>
    public string DeviceId { get; init; }
    public bool IsRegistered { get; init; }

    /// <summary>Null while it is not.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Why not; empty when there is nothing to say.</summary>
    public string Detail { get; init; }
    public long Registrations { get; init; }
    public int Calls { get; init; }
    public long CallsBegun { get; init; }

    /// <summary>What it wants to be told of.</summary>
    public int Subscriptions { get; init; }

    /// <summary>INVITEs and SUBSCRIBEs that were answered with anything but 200, and requests of nobody we know.</summary>
    public long Refused { get; init; }
    public long Packets { get; init; }

    /// <summary>Pictures and sounds that it was too slow to take.</summary>
    public long Dropped { get; init; }
}

/// <summary>The platforms above as people and metrics see them.</summary>
internal interface IPlatformStates
{
    IReadOnlyList<PlatformFigures> Figures { get; }

    /// <summary>Requests of nobody that the box is registered with.</summary>
    long Strangers { get; }
}
