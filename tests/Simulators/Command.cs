using System.Globalization;

namespace EdgeRecorder.Simulators;

/// <summary>A line of the control port: what to do, and for whom.</summary>
/// <param name="Target">Whom it concerns; null = all.</param>
internal sealed record Command(string? Target, string Name, string[] Values)
{
    /// <summary>False for "off".</summary>
    public bool IsOn => Values is not ["off"];

    public bool KeepsBacklog => Values is [_, "backlog"];

    public string Unknown => $"error: unknown command or value '{Name} {string.Join(' ', Values)}'";

    /// <summary>Reads <c>[@TARGET] NAME [VALUE …]</c>; null when there is no name.</summary>
    public static Command? Parse(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string? target = null;
        if (words.Length > 0 && words[0].StartsWith('@'))
            (target, words) = (words[0][1..], words[1..]);
        return words.Length == 0 ? null : new(target, words[0], words[1..]);
    }

    public int Integer(int index = 0) => int.Parse(Values[index], CultureInfo.InvariantCulture);

    public int IntegerOr(int otherwise) => Values.Length == 0 ? otherwise : Integer();

    public double Seconds(int index = 0) => double.Parse(Values[index], CultureInfo.InvariantCulture);

    public double SecondsOr(double otherwise) => Values.Length == 0 ? otherwise : Seconds();
}
