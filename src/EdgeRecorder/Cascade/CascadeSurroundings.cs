using System.Net;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Cascade;

/// <summary>What the box is, to a platform above.</summary>
/// <param name="Name">What DeviceInfo says.</param>
/// <param name="Channels">All that there are now.</param>
/// <param name="MediaHost">Stands in c= of our answers; null: the address that the platform is reached from.</param>
internal sealed record CascadeSurroundings(
    string Name, Func<IEnumerable<ChannelDefinition>> Channels, IRecorder Recorder, IRing Ring, BoxClock Clock, TimeProvider Time, IPAddress? MediaHost, ILogger<UpperPlatforms> Log)
{
    public DateTimeOffset UtcNow => DateTimeOffset.UnixEpoch.AddMicroseconds(Ring.ToUtcUs(Clock.BoottimeUs));
}

/// <summary>What a platform above has cost so far; for people and metrics.</summary>
internal readonly record struct PlatformFigures
{
    public string ServerId { get; init; }
    public bool IsRegistered { get; init; }

    /// <summary>Why not; empty when there is nothing to say.</summary>
    public string Detail { get; init; }
    public long Registrations { get; init; }
    public int Calls { get; init; }
    public long CallsBegun { get; init; }

    /// <summary>INVITEs that were answered with anything but 200, and requests of nobody we know.</summary>
    public long Refused { get; init; }
    public long Packets { get; init; }

    /// <summary>Pictures and sounds that it was too slow to take.</summary>
    public long Dropped { get; init; }
}
