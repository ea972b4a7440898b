namespace EdgeRecorder.Jt808;

/// <summary>0x1005: who got on and off between two times (as sent, see <see cref="WireTime"/>).</summary>
internal sealed record PassengerFlow(DateTime? From, DateTime? To, ushort Boarded, ushort Left);
