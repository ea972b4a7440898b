namespace EdgeRecorder.Simulators.GbDevice.Sip;

/// <summary>Answers to requests that may come once more: given again as they were (RFC 3261, 17.2.2).</summary>
internal sealed class GivenAnswers
{
    private const double Kept = 32;

    private readonly Dictionary<string, byte[]> _answers = [];
    private readonly Queue<(double Until, string Key)> _order = new();

    /// <summary>How often a request came again.</summary>
    public int Repeats { get; private set; }

    public static string KeyOf(SipText request) => $"{request.Branch} {request.Method} {request.CallId}";

    /// <summary>True: it came before. The answer is empty while there is none.</summary>
    public bool Knows(SipText request, out byte[] answer)
    {
        if (!_answers.TryGetValue(KeyOf(request), out answer!))
            return false;
        Repeats++;
        return true;
    }

    public void Keep(SipText request, byte[] answer, double now)
    {
        var key = KeyOf(request);
        if (!_answers.ContainsKey(key))
            _order.Enqueue((now + Kept, key));
        _answers[key] = answer;
        while (_order.TryPeek(out var oldest) && oldest.Until < now)
            _answers.Remove(_order.Dequeue().Key);
    }
}
