using System.Net;

namespace EdgeRecorder.Sip;

internal enum SipTransport { Udp, Tcp }

/// <summary>
/// The way to a peer: everything that goes to a device goes where its messages come from, over the same connection. Two flows of UDP with the same address are equal;
/// of TCP only the same connection is.
/// </summary>
internal sealed class SipFlow : IEquatable<SipFlow>
{
    private readonly FlowLimits? _limits;

    public SipFlow(IPEndPoint remote, FlowLimits? limits = null) => (Remote, _limits) = (remote, limits);

    public SipFlow(SipConnection connection) => (Remote, Connection, Transport) = (connection.Remote, connection, SipTransport.Tcp);

    public SipTransport Transport { get; }
    public IPEndPoint Remote { get; }
    public SipConnection? Connection { get; }

    /// <summary>False once its connection is gone.</summary>
    public bool IsOpen => Connection is not { IsOver: true };

    /// <summary>Somebody vouches for it: a registered device. It may send more, and longer bodies. Set by who registers devices, and taken back when the registration ends.</summary>
    public bool IsKnown
    {
        get => Connection?.IsKnown ?? _limits?.IsKnown(Remote) ?? false;
        set
        {
            if (Connection is not null)
                Connection.IsKnown = value;
            else
                _limits?.Know(Remote, value);
        }
    }

    public bool Equals(SipFlow? other) => other is not null && Connection == other.Connection && Remote.Equals(other.Remote);

    public override bool Equals(object? obj) => Equals(obj as SipFlow);

    public override int GetHashCode() => HashCode.Combine(Connection, Remote);

    public override string ToString() => $"{(Transport == SipTransport.Udp ? "udp" : "tcp")} {Remote}";
}
