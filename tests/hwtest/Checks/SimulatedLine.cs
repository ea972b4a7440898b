namespace EdgeRecorder.HardwareChecks;

/// <summary>The world's end of a line of the kernel's simulator.</summary>
internal static class SimulatedLine
{
    /// <summary>"1" or "0", as a lamp on the line would show it.</summary>
    public static string Value(int pin) => File.ReadAllText($"{Sysfs(pin)}/value").Trim();

    public static void Pull(int pin, bool up) => File.WriteAllText($"{Sysfs(pin)}/pull", up ? "pull-up" : "pull-down");

    // Found anew each time: a chip that came back may have another number.
    private static string Sysfs(int pin) => Directory.GetDirectories("/sys/devices/platform", "gpio-sim.*").SelectMany(device => Directory.GetDirectories(device, "gpiochip*")).Select(chip => $"{chip}/sim_gpio{pin}").First(Directory.Exists);
}
