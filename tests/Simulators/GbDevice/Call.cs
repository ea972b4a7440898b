using EdgeRecorder.Simulators.GbDevice.Media;
using EdgeRecorder.Simulators.GbDevice.Messages;
using EdgeRecorder.Simulators.GbDevice.Sip;

namespace EdgeRecorder.Simulators.GbDevice;

internal enum CallState
{
    /// <summary>100 was said, or nothing yet.</summary>
    Ringing,

    /// <summary>200 was said, again and again until the ACK.</summary>
    Answered,
    Confirmed,
    Ended,
}

/// <summary>One INVITE and what became of it.</summary>
internal sealed class Call(int number, SipText invite, Channel channel, string tag)
{
    private const double T1 = 0.5, T2 = 4;

    private double _next, _interval;

    public int Number => number;
    public SipText Invite => invite;
    public Channel Channel => channel;
    public Dialog Dialog { get; } = new(invite, tag);
    public CallState State { get; set; }

    /// <summary>Sender and its sequence in Subject, which name the stream: a second call with the same replaces the first.</summary>
    public string? Subject { get; } = invite["Subject"]?.Split(',')[0];

    public SessionOffer? Offer { get; set; }
    public CallStream? Stream { get; set; }
    public uint Ssrc { get; set; }

    /// <summary>The beginning of what was asked for, for seeking.</summary>
    public DateTime From { get; set; }
    public DateTime To { get; set; }

    /// <summary>When the ACK is given up; when the platform should have hung up.</summary>
    public double Until { get; set; } = double.PositiveInfinity;

    public bool EndIsSaid { get; set; }
    public string? EndedBy { get; set; }

    /// <summary>The 200, which goes out until the ACK comes, over TCP too (RFC 3261, 13.3.1.4).</summary>
    public byte[] Answer { get; private set; } = [];

    public void Answered(byte[] answer, double now)
    {
        Answer = answer;
        State = CallState.Answered;
        _interval = T1;
        _next = now + T1;
        Until = now + 64 * T1;
    }

    /// <summary>Whether the 200 is to be said once more.</summary>
    public bool IsDue(double now)
    {
        if (State != CallState.Answered || now < _next)
            return false;
        _interval = Math.Min(T2, 2 * _interval);
        _next = now + _interval;
        return true;
    }
}
